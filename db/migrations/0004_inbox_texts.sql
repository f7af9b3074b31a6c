CREATE TABLE inbox_texts (
    id          TEXT PRIMARY KEY,
    gateway     TEXT NOT NULL,
    message_id  TEXT NOT NULL,
    sender      TEXT NOT NULL,
    recipient   TEXT NOT NULL,
    content     TEXT NOT NULL,
    encoding    TEXT NOT NULL,
    segments    BIGINT NOT NULL,
    direction   TEXT NOT NULL,
    received_at BIGINT NOT NULL
);
