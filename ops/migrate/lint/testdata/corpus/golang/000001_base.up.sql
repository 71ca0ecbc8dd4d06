-- The first tables of a shop for tools on loan.
BEGIN;

CREATE TYPE member_status AS ENUM ('active', 'suspended');

CREATE TABLE members (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL,
    display_name varchar(64) NOT NULL,
    status member_status NOT NULL DEFAULT 'active',
    created_at timestamp with time zone NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE UNIQUE INDEX members_email_key ON members USING btree (email);

CREATE TABLE tools (
    id serial PRIMARY KEY,
    name character varying(200) NOT NULL UNIQUE,
    price numeric(10,2) NOT NULL DEFAULT 0,
    added timestamp NOT NULL DEFAULT now()
);

COMMIT;
