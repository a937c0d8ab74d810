# Adds up the page views of a GoatCounter export (CSV) into lines for
# `seen import --format csv`: namespace,key,value. Names are the same as with
# seen.js: the page's host, and its path without a query and a fragment.
#
#   awk -v host=example.com -f goatcounter.awk goatcounter-export.csv

# The next field of the line; one in quotes may hold commas.
function field(text) {
  if (match(rest, /^"([^"]|"")*"/)) text = substr(rest, 2, RLENGTH - 2)
  else { match(rest, /^[^,]*/); text = substr(rest, 1, RLENGTH) }
  rest = substr(rest, RLENGTH + 2)
  return text
}

# Shortens a path that is too long for a key, with a checksum as in seen.js.
function short(key,   i, sum) {
  if (length(key) <= 64) return key
  for (i = 1; i <= length(key); i++)
    sum = (sum * 31 + code[substr(key, i, 1)]) % 4294967296
  return sprintf("%s.%.0f", substr(key, 1, 53), sum)
}

BEGIN { for (i = 45; i < 123; i++) code[sprintf("%c", i)] = i }

# Path, Title, Event, UserAgent, Browser, System, Session, Bot, …
NR > 1 {
  rest = $0
  path = field(); field(); event = field()
  for (i = 4; i <= 7; i++) field()
  bot = field()
  if (event == "true" || bot > 0) next
  sub(/[?#].*/, "", path)
  gsub(/[^A-Za-z0-9_.-]+/, "-", path)
  gsub(/^-+|-+$/, "", path)
  views[short(path == "" ? "home" : path)]++
}

END { for (path in views) print host "," path "," views[path] }
