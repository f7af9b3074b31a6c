ALTER TABLE email_accounts ADD COLUMN day BIGINT NOT NULL DEFAULT 0;

ALTER TABLE email_accounts ADD COLUMN removed BIGINT NOT NULL DEFAULT 0;

ALTER TABLE email_accounts ADD COLUMN kept_from BIGINT NOT NULL DEFAULT 1;

ALTER TABLE credit_balances ADD COLUMN spent BIGINT NOT NULL DEFAULT 0;

CREATE TABLE email_days (
    account_id TEXT NOT NULL,
    day        BIGINT NOT NULL,
    number     BIGINT NOT NULL,
    spent      BIGINT NOT NULL,
    queued     BIGINT NOT NULL DEFAULT 0,
    failed     BIGINT NOT NULL DEFAULT 0,
    other      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, day)
);

CREATE INDEX email_messages_over ON email_messages (account_id, status, number)
    WHERE status = 'failed' OR status = 'unknown' OR status = 'interrupted' OR status = 'cancelled';

UPDATE credit_balances SET spent = COALESCE((SELECT -SUM(e.delta) FROM credit_entries e WHERE e.account_id = credit_balances.account_id
    AND e.product = credit_balances.product AND e.reason IN ('charge', 'refund')), 0);

INSERT INTO email_days (account_id, day, number, spent, queued, failed, other)
SELECT d.account_id, d.day, d.number,
    COALESCE((SELECT -SUM(e.delta) FROM credit_entries e WHERE e.account_id = d.account_id AND e.product = 'email'
        AND e.reason IN ('charge', 'refund') AND e.created_at < d.day * 86400000), 0),
    d.queued, d.failed, d.other
FROM (SELECT m.account_id, m.created_at / 86400000 AS day, MIN(m.number) AS number,
        SUM(CASE WHEN m.status = 'queued' THEN 1 ELSE 0 END) AS queued,
        SUM(CASE WHEN m.status = 'failed' THEN 1 ELSE 0 END) AS failed,
        SUM(CASE WHEN m.status IN ('unknown', 'interrupted', 'cancelled') THEN 1 ELSE 0 END) AS other
    FROM email_messages m GROUP BY m.account_id, m.created_at / 86400000) d;

UPDATE email_accounts SET
    day = COALESCE((SELECT MAX(d.day) FROM email_days d WHERE d.account_id = email_accounts.account_id), 0),
    removed = messages - (SELECT COUNT(*) FROM email_messages m WHERE m.account_id = email_accounts.account_id),
    kept_from = COALESCE((SELECT MAX(m.number) FROM email_messages m WHERE m.account_id = email_accounts.account_id AND NOT EXISTS
        (SELECT 1 FROM email_messages p WHERE p.account_id = m.account_id AND p.number = m.number - 1)), messages + 1);
