CREATE TABLE sms_repeats (
    id      TEXT PRIMARY KEY,
    bind    TEXT NOT NULL,
    seen_at BIGINT NOT NULL
);

CREATE INDEX sms_repeats_of_binds ON sms_repeats (seen_at) WHERE bind <> '';

CREATE INDEX sms_repeats_by_id ON sms_repeats (seen_at) WHERE bind = '';

CREATE TABLE sms_part_sets (
    id        TEXT PRIMARY KEY,
    name      TEXT NOT NULL,
    gateway   TEXT NOT NULL,
    sender    TEXT NOT NULL,
    recipient TEXT NOT NULL,
    began_at  BIGINT NOT NULL,
    last_at   BIGINT NOT NULL,
    closed_at BIGINT
);

CREATE UNIQUE INDEX sms_part_sets_open ON sms_part_sets (name) WHERE closed_at IS NULL;

CREATE INDEX sms_part_sets_by_age ON sms_part_sets (began_at);

CREATE TABLE sms_parts (
    set_id   TEXT NOT NULL,
    number   BIGINT NOT NULL,
    alphabet BIGINT NOT NULL,
    data     BYTEA NOT NULL,
    PRIMARY KEY (set_id, number)
);

CREATE TABLE sms_shortcodes (
    id          TEXT PRIMARY KEY,
    account_id  TEXT NOT NULL REFERENCES accounts (id),
    code        TEXT NOT NULL,
    webhook_url TEXT NOT NULL,
    secret      BYTEA NOT NULL,
    created_at  BIGINT NOT NULL,
    deleted_at  BIGINT
);

CREATE UNIQUE INDEX sms_shortcodes_live ON sms_shortcodes (code) WHERE deleted_at IS NULL;

CREATE INDEX sms_shortcodes_deleted ON sms_shortcodes (code, deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX sms_shortcodes_of_account ON sms_shortcodes (account_id, created_at, id);

CREATE TABLE sms_pushes (
    id           TEXT PRIMARY KEY,
    message_id   TEXT NOT NULL,
    shortcode_id TEXT NOT NULL,
    url          TEXT NOT NULL,
    due_at       BIGINT NOT NULL,
    started_at   BIGINT,
    finished_at  BIGINT,
    status       BIGINT NOT NULL,
    error        TEXT NOT NULL,
    ms           BIGINT NOT NULL,
    answer       TEXT NOT NULL,
    is_test      BOOLEAN NOT NULL
);

CREATE INDEX sms_pushes_waiting ON sms_pushes (shortcode_id, due_at) WHERE started_at IS NULL AND finished_at IS NULL;

CREATE INDEX sms_pushes_started ON sms_pushes (started_at) WHERE finished_at IS NULL;

CREATE INDEX sms_pushes_of_shortcode ON sms_pushes (shortcode_id, id);

CREATE INDEX sms_pushes_of_message ON sms_pushes (message_id);

CREATE TABLE sms_optouts (
    number     TEXT PRIMARY KEY,
    word       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE sms_auto_replies (
    id          TEXT PRIMARY KEY,
    message_id  TEXT NOT NULL,
    kind        TEXT NOT NULL,
    gateway     TEXT NOT NULL,
    sender      TEXT NOT NULL,
    recipient   TEXT NOT NULL,
    content     TEXT NOT NULL,
    due_at      BIGINT NOT NULL,
    started_at  BIGINT,
    finished_at BIGINT,
    outcome     TEXT NOT NULL,
    words       TEXT NOT NULL
);

CREATE INDEX sms_auto_replies_of_recipient ON sms_auto_replies (recipient, due_at);

CREATE INDEX sms_auto_replies_of_kind ON sms_auto_replies (kind, due_at);

CREATE INDEX sms_auto_replies_waiting ON sms_auto_replies (due_at) WHERE started_at IS NULL AND finished_at IS NULL;

CREATE INDEX sms_auto_replies_started ON sms_auto_replies (started_at) WHERE finished_at IS NULL;

CREATE TABLE sms_reply_turns (
    kind TEXT PRIMARY KEY
);

CREATE TABLE sms_applications (
    id             TEXT PRIMARY KEY,
    account_id     TEXT NOT NULL REFERENCES accounts (id),
    use_case       TEXT NOT NULL,
    website        TEXT NOT NULL,
    monthly_volume BIGINT NOT NULL,
    status         TEXT NOT NULL,
    reason         TEXT NOT NULL,
    submitted_at   BIGINT NOT NULL,
    decided_at     BIGINT,
    decided_by     TEXT NOT NULL
);

CREATE UNIQUE INDEX sms_applications_pending ON sms_applications (account_id) WHERE status = 'pending';

CREATE INDEX sms_applications_of_account ON sms_applications (account_id, id);

CREATE INDEX sms_applications_by_status ON sms_applications (status, id);
