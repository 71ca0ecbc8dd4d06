// Package workspace is a Slack on localhost: Web API, Socket Mode, response URLs, views, events and a web page, with
// all its state in memory. It is made to develop and test real apps against, so it is as strict as Slack: what Slack
// refuses, it refuses, with the same error code. What it cannot do is listed by `workspace --coverage`.
//
// An app meets it by its Web API base, http://HOST/api/; everything else follows from what the API returns. People use
// the page at /. Tests inject faults and read the state over HTTP at /control/ (GET /control/ explains it), or with the
// methods of Server in the same process.
//
// It imports nothing of ours and no Slack library: a judge that shared our code would share our mistakes.
package workspace
