ALTER TABLE sms_accounts ADD COLUMN day BIGINT NOT NULL DEFAULT 0;

ALTER TABLE sms_accounts ADD COLUMN received BIGINT NOT NULL DEFAULT 0;

ALTER TABLE sms_accounts ADD COLUMN charged BIGINT NOT NULL DEFAULT 0;

ALTER TABLE sms_accounts ADD COLUMN removed BIGINT NOT NULL DEFAULT 0;

ALTER TABLE sms_accounts ADD COLUMN kept_from BIGINT NOT NULL DEFAULT 1;

CREATE TABLE sms_days (
    account_id  TEXT NOT NULL,
    day         BIGINT NOT NULL,
    number      BIGINT NOT NULL,
    received    BIGINT NOT NULL,
    charged     BIGINT NOT NULL,
    delivered   BIGINT NOT NULL DEFAULT 0,
    undelivered BIGINT NOT NULL DEFAULT 0,
    failed      BIGINT NOT NULL DEFAULT 0,
    unknown     BIGINT NOT NULL DEFAULT 0,
    refunded    BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, day)
);

CREATE TABLE sms_conversations (
    account_id TEXT NOT NULL,
    peer       TEXT NOT NULL,
    messages   BIGINT NOT NULL,
    number     BIGINT NOT NULL,
    PRIMARY KEY (account_id, peer)
);

CREATE INDEX sms_conversations_latest ON sms_conversations (account_id, number);

CREATE TABLE sms_attempts (
    message_id  TEXT NOT NULL,
    number      BIGINT NOT NULL,
    gateway     TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    code        TEXT NOT NULL,
    words       TEXT NOT NULL,
    started_at  BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    PRIMARY KEY (message_id, number)
);

CREATE TABLE sms_recent (
    period      BIGINT NOT NULL,
    slot        BIGINT NOT NULL,
    gateway     TEXT NOT NULL,
    accepted    BIGINT NOT NULL,
    received    BIGINT NOT NULL,
    delivered   BIGINT NOT NULL,
    undelivered BIGINT NOT NULL,
    failed      BIGINT NOT NULL,
    unknown     BIGINT NOT NULL,
    PRIMARY KEY (period, slot, gateway)
);

CREATE TABLE email_recent (
    period   BIGINT NOT NULL,
    slot     BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    queued   BIGINT NOT NULL,
    failed   BIGINT NOT NULL,
    other    BIGINT NOT NULL,
    PRIMARY KEY (period, slot)
);

CREATE INDEX email_days_queued ON email_days (day) WHERE queued <> 0;

CREATE INDEX sms_optouts_by_age ON sms_optouts (created_at, number);

CREATE INDEX audit_entries_of_actor ON audit_entries (actor, id);

CREATE INDEX audit_entries_of_subject ON audit_entries (subject, id);

INSERT INTO sms_conversations (account_id, peer, messages, number)
SELECT m.account_id, m.peer, COUNT(*), MAX(m.number) FROM sms_messages m WHERE m.account_id <> '' AND m.peer <> '' GROUP BY m.account_id, m.peer;

INSERT INTO sms_days (account_id, day, number, received, charged, delivered, undelivered, failed, unknown, refunded)
SELECT d.account_id, d.day, d.number,
    (SELECT COUNT(*) FROM sms_messages p WHERE p.account_id = d.account_id AND p.number < d.number AND p.direction = 'in'),
    COALESCE((SELECT SUM(p.charged) FROM sms_messages p WHERE p.account_id = d.account_id AND p.number < d.number), 0),
    d.delivered, d.undelivered, d.failed, d.unknown, d.refunded
FROM (SELECT m.account_id, m.created_at / 86400000 AS day, MIN(m.number) AS number,
        SUM(CASE WHEN m.status = 'delivered' THEN 1 ELSE 0 END) AS delivered,
        SUM(CASE WHEN m.status = 'undelivered' THEN 1 ELSE 0 END) AS undelivered,
        SUM(CASE WHEN m.status IN ('failed', 'interrupted') THEN 1 ELSE 0 END) AS failed,
        SUM(CASE WHEN m.status = 'unknown' THEN 1 ELSE 0 END) AS unknown,
        SUM(m.refunded) AS refunded
    FROM sms_messages m GROUP BY m.account_id, m.created_at / 86400000) d;

UPDATE sms_accounts SET
    day = COALESCE((SELECT MAX(d.day) FROM sms_days d WHERE d.account_id = sms_accounts.account_id), 0),
    received = (SELECT COUNT(*) FROM sms_messages m WHERE m.account_id = sms_accounts.account_id AND m.direction = 'in'),
    charged = COALESCE((SELECT SUM(m.charged) FROM sms_messages m WHERE m.account_id = sms_accounts.account_id), 0),
    removed = messages - (SELECT COUNT(*) FROM sms_messages m WHERE m.account_id = sms_accounts.account_id),
    kept_from = COALESCE((SELECT MIN(m.number) FROM sms_messages m WHERE m.account_id = sms_accounts.account_id), messages + 1);
