ALTER TABLE accounts ADD COLUMN verified_at BIGINT;

ALTER TABLE accounts ADD COLUMN must_verify BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE sessions (
    id         TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    hash       BYTEA NOT NULL UNIQUE,
    ip         TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);

CREATE INDEX sessions_of_account ON sessions (account_id);

CREATE INDEX sessions_by_age ON sessions (seen_at);

CREATE TABLE account_tokens (
    hash       BYTEA PRIMARY KEY,
    purpose    TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX account_tokens_of_account ON account_tokens (account_id, purpose);

CREATE INDEX account_tokens_by_age ON account_tokens (expires_at);

CREATE TABLE login_attempts (
    address  BYTEA PRIMARY KEY,
    attempts BIGINT NOT NULL,
    last_at  BIGINT NOT NULL
);

CREATE INDEX login_attempts_by_age ON login_attempts (last_at);

CREATE TABLE invites (
    id         TEXT PRIMARY KEY,
    hash       BYTEA NOT NULL UNIQUE,
    email      TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT,
    used_by    TEXT
);
