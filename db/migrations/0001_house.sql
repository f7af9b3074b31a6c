CREATE TABLE accounts (
    id                   TEXT PRIMARY KEY,
    email                TEXT NOT NULL UNIQUE,
    name                 TEXT NOT NULL,
    password_hash        TEXT NOT NULL,
    is_admin             BOOLEAN NOT NULL,
    must_change_password BOOLEAN NOT NULL,
    suspended_at         BIGINT,
    prime_until          BIGINT,
    created_at           BIGINT NOT NULL
);

CREATE TABLE api_keys (
    id         TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    product    TEXT NOT NULL,
    name       TEXT NOT NULL,
    hash       BYTEA UNIQUE,
    last4      TEXT NOT NULL,
    enabled    BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    rotated_at BIGINT,
    deleted_at BIGINT
);

CREATE INDEX api_keys_of_account ON api_keys (account_id, product, id);

CREATE TABLE key_windows (
    key_id TEXT PRIMARY KEY,
    stamps BYTEA NOT NULL
);

CREATE TABLE idempotency_keys (
    account_id  TEXT NOT NULL,
    route       TEXT NOT NULL,
    key         TEXT NOT NULL,
    body_hash   BYTEA NOT NULL,
    message_id  TEXT NOT NULL,
    status      BIGINT NOT NULL,
    answer      BYTEA,
    admitted_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, route, key)
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (admitted_at);

CREATE INDEX idempotency_keys_of_message ON idempotency_keys (message_id);

CREATE TABLE credit_balances (
    account_id      TEXT NOT NULL,
    product         TEXT NOT NULL,
    balance         BIGINT NOT NULL CHECK (balance >= 0),
    entries         BIGINT NOT NULL,
    unlimited_until BIGINT NOT NULL,
    PRIMARY KEY (account_id, product)
);

CREATE TABLE credit_entries (
    account_id    TEXT NOT NULL,
    product       TEXT NOT NULL,
    number        BIGINT NOT NULL,
    ref           TEXT NOT NULL UNIQUE,
    delta         BIGINT NOT NULL,
    balance_after BIGINT NOT NULL,
    reason        TEXT NOT NULL,
    note          TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (account_id, product, number)
);

CREATE TABLE email_senders (
    id           TEXT PRIMARY KEY,
    address      TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    is_global    BOOLEAN NOT NULL,
    relay        TEXT NOT NULL,
    daily_cap    BIGINT NOT NULL,
    created_at   BIGINT NOT NULL
);

CREATE TABLE email_sender_accounts (
    sender_id  TEXT NOT NULL REFERENCES email_senders (id),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (account_id, sender_id)
);

CREATE TABLE email_accounts (
    account_id        TEXT PRIMARY KEY,
    messages          BIGINT NOT NULL,
    default_sender_id TEXT REFERENCES email_senders (id)
);

CREATE TABLE email_messages (
    id              TEXT PRIMARY KEY,
    account_id      TEXT NOT NULL,
    number          BIGINT NOT NULL,
    key_id          TEXT NOT NULL,
    channel         TEXT NOT NULL,
    status          TEXT NOT NULL,
    sender          TEXT NOT NULL,
    subject         TEXT NOT NULL,
    smtp_message_id TEXT NOT NULL,
    recipients      BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    admitted_at     BIGINT NOT NULL,
    admission       BIGINT NOT NULL,
    attempt         BIGINT NOT NULL,
    attempts        BIGINT NOT NULL,
    due_at          BIGINT,
    expires_at      BIGINT NOT NULL,
    promised        BOOLEAN NOT NULL,
    dot_at          BIGINT,
    relay           TEXT NOT NULL,
    waits_for       TEXT NOT NULL,
    reserved_day    BIGINT NOT NULL,
    reserved        BIGINT NOT NULL,
    charged         BIGINT NOT NULL,
    refunded        BIGINT NOT NULL,
    price           BIGINT NOT NULL,
    last_error      TEXT NOT NULL,
    sent_at         BIGINT,
    resumed_at      BIGINT NOT NULL DEFAULT 0,
    CHECK (refunded <= charged)
);

CREATE UNIQUE INDEX email_messages_of_account ON email_messages (account_id, number);

CREATE INDEX email_messages_sending ON email_messages (due_at) WHERE status = 'sending';

CREATE INDEX email_messages_queued ON email_messages (account_id, due_at) WHERE status = 'queued';

CREATE INDEX email_messages_queue ON email_messages (id) WHERE status = 'queued';

CREATE INDEX email_messages_unknown ON email_messages (id) WHERE status = 'unknown';

CREATE INDEX email_messages_capped ON email_messages (waits_for) WHERE status = 'queued' AND waits_for <> '';

CREATE TABLE email_recipients (
    message_id TEXT NOT NULL,
    number     BIGINT NOT NULL,
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    address    TEXT NOT NULL,
    wire       TEXT NOT NULL,
    state      TEXT NOT NULL,
    unknowns   BIGINT NOT NULL,
    code       BIGINT NOT NULL,
    enhanced   TEXT NOT NULL,
    reply      TEXT NOT NULL,
    PRIMARY KEY (message_id, number)
);

CREATE TABLE email_attempts (
    message_id  TEXT NOT NULL,
    attempt     BIGINT NOT NULL,
    relay       TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    code        BIGINT NOT NULL,
    enhanced    TEXT NOT NULL,
    reply       TEXT NOT NULL,
    started_at  BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    PRIMARY KEY (message_id, attempt)
);

CREATE TABLE email_bodies (
    message_id TEXT PRIMARY KEY,
    data       BYTEA NOT NULL, -- wide
    eight_bit  BOOLEAN NOT NULL,
    utf8       BOOLEAN NOT NULL
);

CREATE TABLE email_caps (
    name TEXT NOT NULL,
    day  BIGINT NOT NULL,
    used BIGINT NOT NULL,
    PRIMARY KEY (name, day)
);

CREATE TABLE email_relays (
    name      TEXT PRIMARY KEY,
    paused_at BIGINT
);

CREATE TABLE email_relay_tests (
    id           TEXT PRIMARY KEY,
    relay        TEXT NOT NULL,
    recipient    TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    taken_at     BIGINT,
    finished_at  BIGINT,
    outcome      TEXT NOT NULL,
    reply        TEXT NOT NULL
);

CREATE TABLE sending_holds (
    scope   TEXT PRIMARY KEY,
    held_at BIGINT NOT NULL,
    reason  TEXT NOT NULL
);

CREATE TABLE inbox_mails (
    id          TEXT PRIMARY KEY,
    relay       TEXT NOT NULL,
    message_id  TEXT NOT NULL,
    sender      TEXT NOT NULL,
    recipients  TEXT NOT NULL,
    subject     TEXT NOT NULL,
    data        BYTEA NOT NULL, -- wide
    received_at BIGINT NOT NULL
);

CREATE TABLE audit_entries (
    id         TEXT PRIMARY KEY,
    actor      TEXT NOT NULL,
    action     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    detail     TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE installation (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
