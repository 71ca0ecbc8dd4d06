-- What stands in dbbot's file to be done at certain times, and how far that was done: what was missed is known after a restart.
CREATE TABLE dbbot.schedules (
    key        text PRIMARY KEY CHECK (octet_length(key) <= 1000),
    expression text NOT NULL CHECK (octet_length(expression) <= 1000), -- with its zone
    since      timestamptz NOT NULL, -- when the expression came to stand there: what was due before is not made up for
    last       timestamptz           -- the newest time at which it was due that was seen to
);

-- What is wrong now: a row from when it began until it is over.
CREATE TABLE dbbot.alarms (
    key      text PRIMARY KEY CHECK (octet_length(key) <= 1000),
    database text NOT NULL CHECK (octet_length(database) <= 1000),
    began    timestamptz NOT NULL,
    said     text NOT NULL CHECK (octet_length(said) <= 4096)
);
