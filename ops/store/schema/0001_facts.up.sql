-- Everything that dbbot keeps for itself. Bounds stand here too: no fault of the program can fill the disk with one row.

-- Whoever knows this version of the schema, or a later one, may use these tables. A later file raises it only when it
-- takes away something that older programs need.
CREATE TABLE dbbot.compatible (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    since    bigint NOT NULL
);
INSERT INTO dbbot.compatible (since) VALUES (1);

-- One row a wish to change something (ops/approval.Request). Every move is one UPDATE of it.
CREATE TABLE dbbot.requests (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version        bigint NOT NULL,
    state          text NOT NULL CHECK (state IN ('pending', 'approved', 'running', 'succeeded', 'failed', 'cancelled',
                       'interrupted', 'rejected', 'expired', 'withdrawn', 'invalidated')),
    moved          timestamptz NOT NULL,
    key            text NOT NULL UNIQUE CHECK (octet_length(key) <= 1000),
    command        text NOT NULL CHECK (octet_length(command) <= 200),
    words          text NOT NULL CHECK (octet_length(words) <= 16384),
    risk           text NOT NULL CHECK (risk IN ('operate', 'change', 'destroy')),
    database       text NOT NULL CHECK (octet_length(database) <= 1000),
    environment    text NOT NULL CHECK (octet_length(environment) <= 1000),
    system         text NOT NULL CHECK (octet_length(system) <= 200),
    catalog        text NOT NULL CHECK (octet_length(catalog) <= 200),
    requester_team text NOT NULL CHECK (octet_length(requester_team) <= 200),
    requester_user text NOT NULL CHECK (octet_length(requester_user) <= 200),
    reason         text NOT NULL CHECK (octet_length(reason) <= 16384),
    channel        text NOT NULL CHECK (octet_length(channel) <= 200),
    thread         text NOT NULL CHECK (octet_length(thread) <= 200),
    plan           bytea NOT NULL CHECK (octet_length(plan) <= 4194304),
    shown          bytea NOT NULL CHECK (octet_length(shown) <= 4194304),
    digest         text NOT NULL CHECK (octet_length(digest) <= 200),
    terms_by       text[] NOT NULL,
    terms_count    int NOT NULL CHECK (terms_count >= 0),
    terms_within   interval NOT NULL,
    terms_alone    boolean NOT NULL,
    terms_glass    boolean NOT NULL,
    asked          timestamptz NOT NULL,
    expires        timestamptz NOT NULL,
    reminded       timestamptz,
    by_team        text NOT NULL CHECK (octet_length(by_team) <= 200),
    by_user        text NOT NULL CHECK (octet_length(by_user) <= 200),
    why            text NOT NULL CHECK (octet_length(why) <= 65536),
    glass          boolean NOT NULL,
    worker         bigint NOT NULL,
    fence          bigint NOT NULL,
    waits_for      bigint NOT NULL,
    decided        timestamptz,
    started        timestamptz,
    ended          timestamptz,
    phase          text NOT NULL CHECK (octet_length(phase) <= 4096),
    done           bigint NOT NULL,
    total          bigint NOT NULL,
    progressed     timestamptz,
    cancel_team    text CHECK (octet_length(cancel_team) <= 200),
    cancel_user    text CHECK (octet_length(cancel_user) <= 200),
    cancel_why     text CHECK (octet_length(cancel_why) <= 65536),
    cancel_at      timestamptz,
    outcome        bytea CHECK (octet_length(outcome) <= 4194304)
);

-- One change at a time on a database of a server, whatever it is called here.
CREATE UNIQUE INDEX requests_running ON dbbot.requests (system, catalog) WHERE state = 'running';
-- The same wish is open once.
CREATE UNIQUE INDEX requests_wish ON dbbot.requests (digest, system, catalog, command) WHERE state IN ('pending', 'approved', 'running');
-- What is open is found at once, however much is over.
CREATE INDEX requests_open ON dbbot.requests (state, id) WHERE state IN ('pending', 'approved', 'running');
CREATE INDEX requests_asker ON dbbot.requests (requester_team, requester_user, id);
CREATE INDEX requests_database ON dbbot.requests (database, id);
CREATE INDEX requests_recent ON dbbot.requests (coalesce(ended, asked));

-- What one person said last about a request; position is the order in which they first voted.
CREATE TABLE dbbot.votes (
    request  bigint NOT NULL REFERENCES dbbot.requests,
    team     text NOT NULL CHECK (octet_length(team) <= 200),
    member   text NOT NULL CHECK (octet_length(member) <= 200),
    position int NOT NULL,
    agree    boolean NOT NULL,
    why      text NOT NULL CHECK (octet_length(why) <= 65536),
    at       timestamptz NOT NULL,
    PRIMARY KEY (request, team, member)
);

-- What is to be said, and where it stands once it has been. sent < wanted: it must be posted or edited.
CREATE TABLE dbbot.messages (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key       text NOT NULL UNIQUE CHECK (octet_length(key) <= 1000),
    request   bigint NOT NULL,
    kind      text NOT NULL CHECK (kind IN ('card', 'reply', 'direct', 'notice')),
    recipient text NOT NULL CHECK (octet_length(recipient) <= 200),
    thread    text NOT NULL CHECK (octet_length(thread) <= 200),
    body      bytea CHECK (octet_length(body) <= 4194304),
    wanted    bigint NOT NULL DEFAULT 1,
    sent      bigint NOT NULL DEFAULT 0,
    channel   text NOT NULL DEFAULT '' CHECK (octet_length(channel) <= 200),
    stamp     text NOT NULL DEFAULT '' CHECK (octet_length(stamp) <= 200),
    link      text NOT NULL DEFAULT '' CHECK (octet_length(link) <= 4096),
    posts     int NOT NULL DEFAULT 0,      -- begun without its place being known since
    turn      bigint NOT NULL DEFAULT 0,   -- counts the leases: an old one is known by it
    leased    timestamptz,                 -- until when somebody is sending it
    attempts  int NOT NULL DEFAULT 0,
    trouble   text NOT NULL DEFAULT '' CHECK (octet_length(trouble) <= 4096),
    lost      boolean NOT NULL DEFAULT false, -- given up for good
    created   timestamptz NOT NULL DEFAULT clock_timestamp(),
    due       timestamptz NOT NULL DEFAULT clock_timestamp(),
    sent_at   timestamptz
);
CREATE UNIQUE INDEX messages_card ON dbbot.messages (request) WHERE kind = 'card';
CREATE INDEX messages_due ON dbbot.messages (due) WHERE sent < wanted AND NOT lost;
CREATE INDEX messages_said ON dbbot.messages (sent_at) WHERE kind <> 'card' AND sent >= wanted;

-- What a button carries, and the one place where it counts: a message, or one person's home tab.
CREATE TABLE dbbot.tokens (
    token   text PRIMARY KEY CHECK (octet_length(token) BETWEEN 26 AND 200),
    request bigint NOT NULL REFERENCES dbbot.requests,
    message bigint REFERENCES dbbot.messages ON DELETE CASCADE,
    team    text NOT NULL DEFAULT '' CHECK (octet_length(team) <= 200),
    member  text NOT NULL DEFAULT '' CHECK (octet_length(member) <= 200),
    CHECK ((message IS NULL) = (member <> ''))
);
CREATE UNIQUE INDEX tokens_message ON dbbot.tokens (message) WHERE message IS NOT NULL;
CREATE UNIQUE INDEX tokens_home ON dbbot.tokens (request, team, member) WHERE message IS NULL;

-- What came in, once for every act however often it is delivered: commands from before they are understood, and clicks.
CREATE TABLE dbbot.inbox (
    key      text PRIMARY KEY CHECK (octet_length(key) <= 1000),
    kind     text NOT NULL CHECK (kind IN ('command', 'press')),
    team     text NOT NULL CHECK (octet_length(team) <= 200),
    member   text NOT NULL CHECK (octet_length(member) <= 200),
    words    text NOT NULL CHECK (octet_length(words) <= 65536),
    channel  text NOT NULL CHECK (octet_length(channel) <= 200),
    thread   text NOT NULL CHECK (octet_length(thread) <= 200),
    received timestamptz NOT NULL DEFAULT clock_timestamp(),
    worker   bigint NOT NULL,
    settled  timestamptz,
    outcome  text NOT NULL DEFAULT '' CHECK (octet_length(outcome) <= 4096)
);
CREATE INDEX inbox_unsettled ON dbbot.inbox (worker) WHERE settled IS NULL;
CREATE INDEX inbox_settled ON dbbot.inbox (settled) WHERE settled IS NOT NULL;

-- Whose home tab shows requests, and what it shows.
CREATE TABLE dbbot.homes (
    team   text NOT NULL CHECK (octet_length(team) <= 200),
    member text NOT NULL CHECK (octet_length(member) <= 200),
    digest text NOT NULL DEFAULT '' CHECK (octet_length(digest) <= 200),
    opened timestamptz NOT NULL,
    PRIMARY KEY (team, member)
);
CREATE INDEX homes_opened ON dbbot.homes (opened);

-- Processes. A session that lives holds the advisory lock (LiveClass, id), whose numbers are int4.
CREATE TABLE dbbot.workers (
    id      int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    host    text NOT NULL CHECK (octet_length(host) <= 1000),
    version text NOT NULL CHECK (octet_length(version) <= 200),
    started timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The chain of facts (ops/audit). UNIQUE (prev) makes a fork impossible.
CREATE TABLE dbbot.audit (
    seq         bigint PRIMARY KEY,
    at          timestamptz NOT NULL,
    team        text NOT NULL,
    member      text NOT NULL,
    name        text NOT NULL,
    event       text NOT NULL,
    from_state  text NOT NULL,
    to_state    text NOT NULL,
    request     bigint NOT NULL,
    command     text NOT NULL,
    risk        text NOT NULL,
    database    text NOT NULL,
    environment text NOT NULL,
    system      text NOT NULL,
    catalog     text NOT NULL,
    digest      text NOT NULL,
    channel     text NOT NULL,
    message     text NOT NULL,
    origin      text NOT NULL,
    policy      text NOT NULL,
    version     text NOT NULL,
    worker      bigint NOT NULL,
    outcome     text NOT NULL,
    detail      text NOT NULL,
    prev        bytea NOT NULL UNIQUE CHECK (octet_length(prev) = 32),
    hash        bytea NOT NULL CHECK (octet_length(hash) = 32)
);
CREATE INDEX audit_request ON dbbot.audit (request, seq) WHERE request <> 0;
CREATE INDEX audit_database ON dbbot.audit (database, seq);
CREATE INDEX audit_start ON dbbot.audit (seq) WHERE event = 'start';
CREATE INDEX audit_person ON dbbot.audit (team, member, seq) WHERE member <> '';

-- The end of the chain; whoever adds to it locks this row, last of all.
CREATE TABLE dbbot.audit_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    seq      bigint NOT NULL,
    hash     bytea NOT NULL
);
INSERT INTO dbbot.audit_head (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

CREATE FUNCTION dbbot.audit_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'the audit is only ever added to: % of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION dbbot.audit_head_grows() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.seq IS DISTINCT FROM OLD.seq + 1 THEN
        RAISE EXCEPTION 'the head of the audit moves one entry at a time' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

-- For the statement, so that one which meets no row is refused too; ALWAYS, so that session_replication_role is no way in.
CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON dbbot.audit FOR EACH STATEMENT EXECUTE FUNCTION dbbot.audit_stays();
ALTER TABLE dbbot.audit ENABLE ALWAYS TRIGGER stays;
CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE ON dbbot.audit_head FOR EACH STATEMENT EXECUTE FUNCTION dbbot.audit_stays();
ALTER TABLE dbbot.audit_head ENABLE ALWAYS TRIGGER stays;
CREATE TRIGGER grows BEFORE UPDATE ON dbbot.audit_head FOR EACH ROW EXECUTE FUNCTION dbbot.audit_head_grows();
ALTER TABLE dbbot.audit_head ENABLE ALWAYS TRIGGER grows;
