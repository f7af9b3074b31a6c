ALTER TABLE accounts ADD COLUMN prime_granted BIGINT NOT NULL DEFAULT 0;

CREATE TABLE credit_debts (
    account_id TEXT NOT NULL,
    product    TEXT NOT NULL,
    credits    BIGINT NOT NULL CHECK (credits >= 0),
    unlimited  BIGINT NOT NULL CHECK (unlimited >= 0),
    PRIMARY KEY (account_id, product)
);

CREATE TABLE billing_checkouts (
    id         TEXT PRIMARY KEY,
    session_id TEXT UNIQUE,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    item       TEXT NOT NULL,
    bundle     TEXT NOT NULL,
    units      BIGINT NOT NULL,
    price      BIGINT NOT NULL,
    currency   TEXT NOT NULL,
    state      TEXT NOT NULL,
    payment_id TEXT,
    reversed   BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    settled_at BIGINT
);

CREATE INDEX billing_checkouts_of_payment ON billing_checkouts (payment_id);

CREATE TABLE billing_events (
    id          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    received_at BIGINT NOT NULL
);

CREATE TABLE billing_payments (
    id       TEXT PRIMARY KEY,
    refunded BIGINT NOT NULL
);

CREATE TABLE billing_reversals (
    id         TEXT PRIMARY KEY,
    payment_id TEXT NOT NULL,
    kind       TEXT NOT NULL,
    amount     BIGINT NOT NULL,
    stage      BIGINT NOT NULL
);

CREATE INDEX billing_reversals_of_payment ON billing_reversals (payment_id);

CREATE TABLE billing_subscriptions (
    id           TEXT PRIMARY KEY,
    account_id   TEXT,
    customer_id  TEXT NOT NULL,
    status       TEXT NOT NULL,
    starts_at    BIGINT NOT NULL,
    ends_at      BIGINT NOT NULL,
    changed_at   BIGINT NOT NULL,
    turn         BIGINT NOT NULL,
    paid_until   BIGINT NOT NULL,
    failed_until BIGINT NOT NULL,
    prime_until  BIGINT NOT NULL
);

CREATE INDEX billing_subscriptions_of_account ON billing_subscriptions (account_id);
