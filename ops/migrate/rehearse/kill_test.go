package rehearse

const childOf = "DBBOT_REHEARSAL_CHILD"

func child(string) {}
