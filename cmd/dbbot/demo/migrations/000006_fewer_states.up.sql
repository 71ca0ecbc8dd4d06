-- An order is in one of these states, and in no other.
CREATE TABLE order_states (name text PRIMARY KEY);
INSERT INTO order_states VALUES ('placed'), ('paid'), ('packed'), ('sent');
ALTER TABLE orders ADD CONSTRAINT orders_state_known FOREIGN KEY (status) REFERENCES order_states (name);
