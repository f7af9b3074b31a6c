CREATE TABLE sms_accounts (
    account_id TEXT PRIMARY KEY,
    status     TEXT NOT NULL,
    messages   BIGINT NOT NULL,
    granted_at BIGINT
);
CREATE TABLE sms_messages (
    id          TEXT PRIMARY KEY,
    account_id  TEXT NOT NULL,
    number      BIGINT NOT NULL,
    direction   TEXT NOT NULL,
    peer        TEXT NOT NULL,
    ours        TEXT NOT NULL,
    content     TEXT NOT NULL,
    status      TEXT NOT NULL,
    encoding    TEXT NOT NULL,
    segments    BIGINT NOT NULL,
    gateway     TEXT NOT NULL,
    key_id      TEXT NOT NULL,
    shortcode   TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    attempt     BIGINT NOT NULL,
    due_at      BIGINT,
    answered    BOOLEAN NOT NULL,
    charged     BIGINT NOT NULL,
    refunded    BIGINT NOT NULL,
    last_error  TEXT NOT NULL,
    sent_at     BIGINT,
    done_at     BIGINT,
    CHECK (refunded <= charged)
);
CREATE UNIQUE INDEX sms_messages_of_account ON sms_messages (account_id, number);
CREATE INDEX sms_messages_by_direction ON sms_messages (account_id, direction, number);
CREATE INDEX sms_messages_by_peer ON sms_messages (account_id, peer, number);
CREATE INDEX sms_messages_sending ON sms_messages (due_at) WHERE status = 'sending';
CREATE INDEX sms_messages_unknown ON sms_messages (id) WHERE status = 'unknown';
CREATE TABLE sms_segments (
    message_id    TEXT NOT NULL,
    number        BIGINT NOT NULL,
    gateway       TEXT NOT NULL,
    sender        TEXT NOT NULL,
    recipient     TEXT NOT NULL,
    reference     BIGINT NOT NULL,
    state         TEXT NOT NULL,
    provider_id   TEXT NOT NULL,
    provider_key  TEXT NOT NULL,
    receipt       TEXT NOT NULL,
    code          TEXT NOT NULL,
    words         TEXT NOT NULL,
    submitted_at  BIGINT NOT NULL,
    answered_at   BIGINT,
    receipt_at    BIGINT,
    PRIMARY KEY (message_id, number)
);
CREATE INDEX sms_segments_by_provider ON sms_segments (gateway, provider_key) WHERE provider_key <> '';
CREATE INDEX sms_segments_by_reference ON sms_segments (gateway, reference, submitted_at) WHERE reference <> 0;
CREATE INDEX sms_segments_by_recipient ON sms_segments (gateway, recipient, submitted_at);
CREATE TABLE sms_receipts (
    id           TEXT PRIMARY KEY,
    message_id   TEXT NOT NULL,
    segment      BIGINT NOT NULL,
    gateway      TEXT NOT NULL,
    provider_id  TEXT NOT NULL,
    provider_key TEXT NOT NULL,
    reference    BIGINT NOT NULL,
    text_id      TEXT NOT NULL,
    sender       TEXT NOT NULL,
    recipient    TEXT NOT NULL,
    submitted_at BIGINT,
    done_at      BIGINT,
    state        TEXT NOT NULL,
    code         TEXT NOT NULL,
    words        TEXT NOT NULL,
    received_at  BIGINT NOT NULL
);
CREATE INDEX sms_receipts_of_message ON sms_receipts (message_id, id);
CREATE INDEX sms_receipts_waiting ON sms_receipts (gateway, provider_key) WHERE message_id = '';
CREATE INDEX sms_receipts_waiting_by_reference ON sms_receipts (gateway, reference) WHERE message_id = '' AND reference <> 0;
CREATE INDEX sms_receipts_waiting_by_recipient ON sms_receipts (gateway, recipient) WHERE message_id = '';
CREATE INDEX sms_receipts_waiting_by_text ON sms_receipts (text_id) WHERE message_id = '' AND text_id <> '';
CREATE TABLE sms_gateways (
    name      TEXT PRIMARY KEY,
    paused_at BIGINT
);
CREATE TABLE sms_gateway_tests (
    id           TEXT PRIMARY KEY,
    gateway      TEXT NOT NULL,
    recipient    TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    taken_at     BIGINT,
    finished_at  BIGINT,
    outcome      TEXT NOT NULL,
    reply        TEXT NOT NULL
);
CREATE TABLE sms_binds (
    gateway     TEXT NOT NULL,
    slot        BIGINT NOT NULL,
    node        TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    PRIMARY KEY (gateway, slot)
);
CREATE TABLE sms_nodes (
    node        TEXT PRIMARY KEY,
    lease_until BIGINT NOT NULL
);
CREATE TABLE sms_handovers (
    id         TEXT PRIMARY KEY,
    gateway    TEXT NOT NULL,
    state      TEXT NOT NULL,
    letter     TEXT NOT NULL,
    report     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sms_handovers_waiting ON sms_handovers (gateway, id) WHERE state = 'waiting';
CREATE TABLE sms_totals (
    slot     BIGINT PRIMARY KEY,
    sent     BIGINT NOT NULL,
    received BIGINT NOT NULL,
    segments BIGINT NOT NULL,
    accounts BIGINT NOT NULL,
    since    BIGINT NOT NULL
);
