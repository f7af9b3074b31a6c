CREATE TABLE certificates (
    directory  TEXT NOT NULL,
    name       TEXT NOT NULL,
    data       BYTEA NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (directory, name)
);

CREATE TABLE certificate_turns (
    domain TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until  BIGINT NOT NULL
);
