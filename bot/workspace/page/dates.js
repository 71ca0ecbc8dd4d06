// dates.js: times in the reader's zone and language, and Slack's date formats.

const tsDate = (ts) => new Date(Number.parseFloat(ts) * 1000);
const formatted = (date, options) => new Intl.DateTimeFormat(undefined, options).format(date);
const clock = (date) => formatted(date, { hour: "numeric", minute: "2-digit" });
const fullTime = (date) => formatted(date, { dateStyle: "full", timeStyle: "long" });
const preciseClock = (date) =>
  formatted(date, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" });

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
const daysAgo = (date) => Math.round((midnight(new Date()) - midnight(date)) / 86400e3);

/** dayWords: "today", "yesterday", "tomorrow" where they fit, else what otherwise() says. */
function dayWords(date, otherwise) {
  return { 0: "today", 1: "yesterday", "-1": "tomorrow" }[daysAgo(date)] ?? otherwise();
}

const longDay = (date) =>
  formatted(date, {
    weekday: "long",
    month: "long",
    day: "numeric",
    ...(date.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" }),
  });
const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);
const dayHeading = (date) => capital(dayWords(date, () => longDay(date)));

function timeAgo(date) {
  const seconds = (date - Date.now()) / 1000;
  const format = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  for (const [unit, size] of [
    ["day", 86400],
    ["hour", 3600],
    ["minute", 60],
  ]) {
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  }
  return format.format(Math.trunc(seconds), "second");
}

// The tokens of https://docs.slack.dev/messaging/formatting-message-text#date-formatting
const dateTokens = {
  date_num: (d) => `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, "0")}-${String(d.getDate()).padStart(2, "0")}`,
  date: (d) => formatted(d, { dateStyle: "long" }),
  date_short: (d) => formatted(d, { year: "numeric", month: "short", day: "numeric" }),
  date_long: (d) => formatted(d, { dateStyle: "full" }),
  date_pretty: (d) => dayWords(d, () => dateTokens.date(d)),
  date_short_pretty: (d) => dayWords(d, () => dateTokens.date_short(d)),
  date_long_pretty: (d) => dayWords(d, () => dateTokens.date_long(d)),
  day_divider_pretty: (d) => dayWords(d, () => longDay(d)),
  time: clock,
  time_secs: (d) => formatted(d, { hour: "numeric", minute: "2-digit", second: "2-digit" }),
  ago: timeAgo,
};

/** slackDate shows a moment by Slack's format; one that cannot be shown becomes its fallback. */
function slackDate(seconds, format, fallback, address) {
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return el("span", {}, fallback || String(format));
  const known = String(format).replace(/\{(\w+)\}/g, (whole, token) => (dateTokens[token] ? dateTokens[token](date) : whole));
  if (/\{\w+\}/.test(known)) return el("span", {}, fallback || String(format));
  const time = el("time", { datetime: date.toISOString(), title: fullTime(date), class: "date" }, known);
  return address ? link(address, time) : time;
}
