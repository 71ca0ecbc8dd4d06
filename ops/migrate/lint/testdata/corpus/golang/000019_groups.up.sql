CREATE TABLE groups (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL,
    quota int NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    UNIQUE (name)
);
CREATE TABLE group_members (
    group_id uuid NOT NULL,
    member_id uuid NOT NULL,
    FOREIGN KEY (group_id) REFERENCES groups (id) ON DELETE CASCADE,
    FOREIGN KEY (member_id) REFERENCES members (id) ON DELETE CASCADE,
    UNIQUE (group_id, member_id)
);
ALTER TABLE loans ADD COLUMN group_id uuid REFERENCES groups (id) ON DELETE SET NULL;
