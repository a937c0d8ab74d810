# Adds up the page views of a GoatCounter export (CSV) into the lines that
# `seen import --format csv` takes: namespace,key,value. Names are those that
# seen.js gives to a page: its host, and its path.
#
#   awk -v host=example.com -f goatcounter.awk goatcounter-export.csv

# The next field of the line; one in quotes may hold commas.
function field(text) {
  if (match(rest, /^"([^"]|"")*"/)) text = substr(rest, 2, RLENGTH - 2)
  else { match(rest, /^[^,]*/); text = substr(rest, 1, RLENGTH) }
  rest = substr(rest, RLENGTH + 2)
  return text
}

# Path, Title, Event, UserAgent, Browser, System, Session, Bot, …
NR > 1 {
  rest = $0
  path = field(); field(); event = field()
  for (i = 4; i <= 7; i++) field()
  bot = field()
  if (event == "true" || bot > 0) next
  gsub(/[^A-Za-z0-9_.-]+/, "-", path)
  gsub(/^-+|-+$/, "", path)
  views[substr(path == "" ? "home" : path, 1, 64)]++
}

END { for (path in views) print host "," path "," views[path] }
