DROP TRIGGER note_return ON loans;
DROP FUNCTION note_return();
