package dump

const childOf = "DBBOT_DUMP_CHILD"

func child(string) {}
