ALTER TABLE orders DROP CONSTRAINT orders_state_known;
DROP TABLE order_states;
