SELECT 1; -- a valid one stays valid
