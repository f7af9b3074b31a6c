DROP INDEX sms_segments_by_recipient;

CREATE INDEX sms_segments_unknown ON sms_segments (gateway, recipient, submitted_at) WHERE state = 'unknown';
