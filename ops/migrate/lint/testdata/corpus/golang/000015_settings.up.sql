CREATE TABLE settings (
    key varchar(256) NOT NULL,
    value varchar(8192) NOT NULL,
    CONSTRAINT settings_pkey PRIMARY KEY (key)
);
INSERT INTO settings (key, value) VALUES
    ('loan_days', '14'),
    ('motto', 'borrow; don''t buy')
ON CONFLICT (key) DO UPDATE SET value = excluded.value;
