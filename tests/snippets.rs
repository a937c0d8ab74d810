//! Other services' own snippets, from their documents or their users' pages: only the host name
//! changes, and each counts and shows its number. (tests/aliases.rs covers the parameters; the
//! scripts run in tests/sites.rs, tests/browser and .ci/clients.)

mod common;

use common::{Answer, Place, Seen, picture, request};

/// Where an answer holds the number.
enum Shows {
    /// In a picture's words, where `#` stands for it.
    Words(&'static str),
    /// In this many digits.
    Digits(usize),
    /// In JSON, at this pointer.
    Json(&'static str),
    /// The answer is the number.
    Text,
    /// Nowhere, but this counter counts.
    Nothing(&'static str),
    /// The answer is this script.
    Script(&'static str),
}
use Shows::{Digits, Json, Nothing, Script, Text, Words};

/// The service, its host, a snippet, and where the answer holds the number.
const SNIPPETS: &[(&str, &str, &str, Shows)] = &[
    (
        "CountAPI",
        "https://api.countapi.xyz",
        r#"xhr.open("GET", "https://api.countapi.xyz/hit/mysite.com/visits");"#,
        Json("/value"),
    ),
    (
        "countapi.mileshilliard.com",
        "https://countapi.mileshilliard.com",
        r#"fetch("https://countapi.mileshilliard.com/api/v1/hit/afoolhippo/kabagame-total")"#,
        Json("/value"),
    ),
    (
        "countapi.it",
        "https://api.countapi.it",
        "fetch(`https://api.countapi.it/hit/infinitylbsl.com.np/visits`)",
        Json("/value"),
    ),
    (
        "Abacus",
        "https://abacus.jasoncameron.dev",
        r#"fetch("https://abacus.jasoncameron.dev/hit/eat-arzu-com/homepage")"#,
        Json("/value"),
    ),
    (
        "Abacus, shield",
        "https://abacus.jasoncameron.dev",
        r#"<img src="https://abacus.jasoncameron.dev/hit/mywebsite/visits/shield">"#,
        Words("counter: #"),
    ),
    (
        "counterapi.dev",
        "https://api.counterapi.dev",
        r#"fetch("https://api.counterapi.dev/v1/retro-portfolio/visits/up")"#,
        Json("/count"),
    ),
    (
        "counterapi.dev, version 2",
        "https://api.counterapi.dev",
        r#"fetch("https://api.counterapi.dev/v2/rylgyls-team-2387/first-counter-2387/up")"#,
        Json("/data/up_count"),
    ),
    (
        "komarev",
        "https://komarev.com",
        "![](https://komarev.com/ghpvc/?username=your-github-username)",
        Words("Profile views: #"),
    ),
    (
        "hit.yhype.me",
        "https://hit.yhype.me",
        "![](https://hit.yhype.me/github/profile?user_id=81284918)",
        Nothing("/get/github/81284918"),
    ),
    (
        "seeyoufarm",
        "https://hits.seeyoufarm.com",
        "[![Hits](https://hits.seeyoufarm.com/api/count/incr/badge.svg?url=https%3A%2F%2Fgithub.com\
         %2Fgjbae1212%2Fhit-counter&count_bg=%2379C83D&title_bg=%23555555&icon=&icon_color=\
         %23E7E7E7&title=hits&edge_flat=false)](https://hits.seeyoufarm.com)",
        Words("hits: # / #"),
    ),
    (
        "hits.sh",
        "https://hits.sh",
        "[![Hits](https://hits.sh/github.com/silentsoft/hits.svg?view=today-total)]\
         (https://hits.sh/github.com/silentsoft/hits/)",
        Words("hits: # / #"),
    ),
    (
        "dwyl",
        "https://hits.dwyl.com",
        "[![HitCount](https://hits.dwyl.com/nvuillam/npm-groovy-lint.svg)]\
         (https://hits.dwyl.com/nvuillam/npm-groovy-lint)",
        Words("hits: #"),
    ),
    (
        "dwyl, JSON",
        "https://hits.dwyl.com",
        "https://hits.dwyl.com/dwyl/start-here.json",
        Json("/message"),
    ),
    (
        "hits.b3log.org",
        "https://hits.b3log.org",
        r#"<img src="https://hits.b3log.org/88250/gulu.svg">"#,
        Words("hits: #"),
    ),
    (
        "hits.link",
        "https://hits.link",
        "![View count](https://hits.link/hits?url=https://github.com/aidenybai/million&bgRight=000\
         &bgLeft=000)",
        Words("hits: #"),
    ),
    (
        "hits.link, JSON",
        "https://api.hits.link",
        "fetch(`https://api.hits.link/v1/hits?border=square&json=true&bgRight=27272a&url=\
         https://goblin.reaper.im`)",
        Json("/data/hits"),
    ),
    (
        "visitor-badge",
        "https://visitor-badge.laobi.icu",
        "![visitors](https://visitor-badge.laobi.icu/badge?page_id=jwenjian.visitor-badge)",
        Words("visitors: #"),
    ),
    (
        "visitorbadge.io",
        "https://api.visitorbadge.io",
        "[![Visitors](https://api.visitorbadge.io/api/visitors?path=https%3A%2F%2Fgithub.com%2F\
         Cznorth%2Fwinkterm&label=Visitors&countColor=%23263759)](https://visitorbadge.io/status)",
        Words("Visitors: #"),
    ),
    (
        "visitorbadge.io, combined",
        "https://api.visitorbadge.io",
        "![Visitors](https://api.visitorbadge.io/api/combined?path=marchinho11%2Fhnhm&label=\
         Visitors&labelColor=%23000000&countColor=%2347c21a&style=flat&labelStyle=none)",
        Words("Visitors: # / #"),
    ),
    (
        "hitscounter.dev",
        "https://hitscounter.dev",
        "![Badge](https://hitscounter.dev/api/hit?url=https%3A%2F%2Fgithub.com%2Fdonaldzou%2F\
         hits-counter&label=Visitor&icon=github&color=%23198754)",
        Words("Visitor: # / #"),
    ),
    (
        "hitscounter.dev, JSON",
        "https://hitscounter.dev",
        "fetch('https://hitscounter.dev/api/hit?output=json&url=https%3A%2F%2Fexample.com%2F')",
        Json("/total_hits"),
    ),
    (
        "myhits.vercel.app",
        "https://myhits.vercel.app",
        "[![hits](https://myhits.vercel.app/api/hit/https%3A%2F%2Fgithub.com%2Ftoday-is-first%2F\
         oneul?color=purple&label=hits&size=small)](https://myhits.vercel.app)",
        Words("hits: #"),
    ),
    (
        "visitcount.itsvg.in",
        "https://visitcount.itsvg.in",
        "[![](https://visitcount.itsvg.in/api?id=mprabhash&icon=0&color=0)]\
         (https://visitcount.itsvg.in)",
        Words("Profile Views: #"),
    ),
    (
        "Badge-It",
        "https://badges.pufler.dev",
        "[![Visits Badge](https://badges.pufler.dev/visits/pujux/badge-it)]\
         (https://badges.pufler.dev)",
        Words("Visits: #"),
    ),
    (
        "badges.strrl.dev",
        "https://badges.strrl.dev",
        "[![Visits Badge](https://badges.strrl.dev/visits/STRRL/serverless-github-badges)]\
         (https://badges.strrl.dev)",
        Words("Visits: #"),
    ),
    (
        "views.whatilearened.today",
        "https://views.whatilearened.today",
        "![ViewCount](https://views.whatilearened.today/views/github/wesky93/views.svg)",
        Words("views: #"),
    ),
    (
        "Hit Counter",
        "https://hitcounter.pythonanywhere.com",
        r#"<img src="https://hitcounter.pythonanywhere.com/count/tag.svg" alt="Hits">"#,
        Words("hits: #"),
    ),
    (
        "Hit Counter, bare",
        "https://hitcounter.pythonanywhere.com",
        "fetch('https://hitcounter.pythonanywhere.com/count?url=www.example.com')",
        Text,
    ),
    (
        "Moe-Counter",
        "https://count.getloli.com",
        "![Moe](https://count.getloli.com/@Moe-counter.github?name=Moe-counter.github&theme=\
         booru-lewd&padding=7&offset=0&align=top&scale=1&pixelated=1&darkmode=auto)",
        Digits(7),
    ),
    (
        "Moe-Counter, of old",
        "https://count.getloli.com",
        r#"<img alt="count" src="https://count.getloli.com/get/@:fugoou?theme=booru-lewd">"#,
        Digits(7),
    ),
    (
        "Moe-Counter, JSON",
        "https://count.getloli.com",
        "https://count.getloli.com/record/@index",
        Json("/num"),
    ),
    (
        "cmoe",
        "https://counter.seku.su",
        r#"<img src="https://counter.seku.su/cmoe?name=rvc&theme=r34" />"#,
        Digits(1),
    ),
    (
        "profile-counter",
        "https://profile-counter.glitch.me",
        "![Visitor Count](https://profile-counter.glitch.me/{junfish}/count.svg)",
        Digits(7),
    ),
    (
        "hitwebcounter",
        "https://hitwebcounter.com",
        r#"<img src="https://hitwebcounter.com/counter/counter.php?page=7826724&style=0001&nbdigits=5&type=page&initCount=0" title="Free Counter" alt="web counter" border="0" />"#,
        Digits(5),
    ),
    (
        "busuanzi",
        "//busuanzi.ibruce.info",
        r#"<script async src="//busuanzi.ibruce.info/busuanzi/2.3/busuanzi.pure.mini.js"></script>"#,
        Script("busuanzi_"),
    ),
    (
        "vercount",
        "https://events.vercount.one",
        r#"<script defer src="https://events.vercount.one/js"></script>"#,
        Script("vercount_"),
    ),
    (
        "GoatCounter, pixel",
        "https://MYCODE.goatcounter.com",
        r#"<img src="https://MYCODE.goatcounter.com/count?p=/test-img">"#,
        Nothing("/get/blog.example/test-img"),
    ),
    (
        "GoatCounter, script",
        "//gc.zgo.at",
        r#"<script data-goatcounter="https://MYCODE.goatcounter.com/count" async src="//gc.zgo.at/count.js"></script>"#,
        Script("goatcounter"),
    ),
];

/// A browser's view of a blog's page.
fn view(url: &str) -> Answer {
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";
    let asked = common::client().get(url).header("referer", "https://blog.example/");
    common::answer(asked.header("user-agent", agent).call().unwrap()).unwrap()
}

/// The address in a snippet, after seen's has replaced the host.
fn address<'a>(snippet: &'a str, seen: &str) -> &'a str {
    let from = &snippet[snippet.find(seen).unwrap()..];
    let end = from.find(|c: char| c.is_whitespace() || "\"'`)>".contains(c));
    &from[..end.unwrap_or(from.len())]
}

/// Checks that the next two views show their numbers.
fn holds_from(first: i64, service: &str, seen: &Seen, url: &str, shows: &Shows) {
    for number in first..first + 2 {
        let answer = view(url);
        assert_eq!(answer.status, 200, "{service}: {url}: {answer:?}");
        match shows {
            Words(words) => {
                assert_eq!(
                    picture::says(&answer),
                    words.replace('#', &number.to_string()),
                    "{service}"
                );
                picture::assert_never_kept(&answer);
            }
            Digits(places) => {
                let places = *places;
                assert_eq!(picture::says(&answer), format!("{number:0places$}"), "{service}");
                picture::assert_never_kept(&answer);
            }
            Json(at) => {
                let json = answer.json();
                let shown = json.pointer(at).unwrap_or_else(|| panic!("{service}: {json}"));
                assert_eq!(shown.to_string().trim_matches('"'), number.to_string(), "{service}");
            }
            Text => assert_eq!(answer.body, number.to_string(), "{service}"),
            Nothing(counter) => assert_eq!(seen.value(counter), number, "{service}"),
            Script(word) => {
                let kind = answer.header("content-type").unwrap();
                assert!(kind.starts_with("text/javascript"), "{service}: {kind}");
                assert!(answer.body.contains(word), "{service}");
            }
        }
    }
}

#[test]
fn each_snippet_counts_and_shows_with_only_the_host_changed() {
    for (service, host, snippet, shows) in SNIPPETS {
        // Each has its own seen: some of them count the same page.
        let place = Place::file();
        let seen = place.seen();
        let here = seen.url("");
        let scheme = if host.starts_with("//") { here.trim_start_matches("http:") } else { &here };
        let snippet = snippet.replace(host, scheme);
        let url = address(&snippet, scheme);
        let url = if url.starts_with("//") { format!("http:{url}") } else { url.to_owned() };
        holds_from(1, service, &seen, &url, shows);
    }
}

/// A picture's look never costs a hit, whatever the service: seen leaves unknown values out,
/// names them in a header and explains them in the title.
#[test]
fn an_unknown_look_is_left_out_and_reported() {
    for (service, host, snippet, shows) in SNIPPETS {
        let (asked, told): (_, &[&str]) = match shows {
            Words(_) => ("style=nope&logo=nope&format=nope", &["style", "logo", "format"]),
            Digits(_) => ("theme=nope&scale=nope", &["theme", "scale"]),
            _ => continue,
        };
        let place = Place::file();
        let seen = place.seen();
        let here = seen.url("");
        let snippet = snippet.replace(host, &here);
        let url = address(&snippet, &here);
        let url = format!("{url}{}{asked}", if url.contains('?') { '&' } else { '?' });
        let answer = view(&url);
        let ignored = answer.header("x-seen-ignored").unwrap_or_default();
        let names: Vec<&str> = ignored.split(", ").collect();
        for name in told {
            assert!(names.contains(name), "{service}: {ignored}");
        }
        let title = answer.body.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0;
        assert!(title.contains("Ignored: "), "{service}: {title}");
        holds_from(2, service, &seen, &url, shows);
    }
}

/// Only the owner may lower or set a counter, unless the owner allows it to all.
#[test]
fn counterapi_dev_goes_down_where_the_owner_lets_it() {
    let place = Place::file();
    let seen = place.seen();
    let made = request("POST", &seen.url("/create/app/likes?value=5&update_lowerbound=-1"), &[]);
    let token = format!("Bearer {}", made.json()["admin_key"].as_str().unwrap());
    let owner = [("authorization", token.as_str())];
    let ask = |path: &str, headers: &[(&str, &str)]| request("GET", &seen.url(path), headers);
    assert_eq!(ask("/v1/app/likes/up", &[]).json()["count"], 6);
    assert_eq!(ask("/v1/app/likes/down", &[]).json()["count"], 5);
    assert_eq!(ask("/v2/app/likes/down", &[]).json()["data"]["up_count"], 4);
    assert_eq!(ask("/v1/app/likes", &[]).json()["namespace"]["name"], "app");
    assert_eq!(ask("/v1/app/likes/?count=9", &[]).status, 401);
    assert_eq!(ask("/v1/app/likes/set?count=9", &[]).json()["code"], 401);
    assert_eq!(ask("/v1/app/likes/?count=9", &owner).json()["count"], 9);
    assert_eq!(ask("/v1/app/likes/set?count=8", &owner).json()["count"], 8);
    assert_eq!(ask("/v2/app/likes/reset", &[]).json()["code"], "401");
    assert_eq!(ask("/v2/app/likes/reset", &owner).json()["data"]["up_count"], 0);
    ask("/v1/app/other/up", &[]);
    assert_eq!(ask("/v1/app/other/down", &[]).status, 403, "nobody opened it");
    assert_eq!(ask("/v1/app/none", &[]).json()["message"], "record not found");
    assert_eq!(ask("/v2/app/none", &[]).status, 404);
    assert_eq!(ask("/v2/app/other", &[]).json()["code"], "200");
    let list = ask("/v1/app/other/list?group_by=month&order_by=asc", &[]).json();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["count"]), (1, &1.into()));
    assert_eq!(ask("/v1/app/other/list?group_by=minute", &[]).status, 400);
    let stats = &ask("/v2/app/other/stats", &[]).json()["data"]["stats"];
    assert_eq!((&stats["today"]["up"], &stats["this_week"]["up"]), (&1.into(), &1.into()));
}

#[test]
fn addresses_without_a_picture_answer_too() {
    let place = Place::file();
    let seen = place.seen();
    assert_eq!(seen.get("/healthcheck").json()["status"], "ok");
    let docs = seen.get("/docs");
    assert_eq!((docs.status, docs.header("location")), (302, Some("openapi.json")));
    view(&seen.url("/github.com/me/mine.svg"));
    assert_eq!(picture::says(&seen.get("/github.com/me/mine.preview")), "hits: 1");
    let days = seen.get("/api/urns/github.com/me/mine").json();
    assert_eq!((&days["total"], &days["weekly"]), (&1.into(), &1.into()));
    assert_eq!(days["items"][0]["data"][0]["value"], 1, "{days}");
    assert_eq!(seen.get("/api/urns/github.com/me/none").status, 404);
    let page = "url=https%3A%2F%2Fgithub.com%2Fme%2Fmine";
    assert_eq!(seen.get(&format!("/nocount?{page}")).body, "1");
    assert_eq!(picture::says(&seen.get(&format!("/nocount/tag.svg?{page}"))), "hits: 1");
    let before = "/counter/counter.php?page=1&nbdigits=3&initCount=456";
    assert_eq!(picture::says(&seen.get(before)), "457");
    let daily = "/api/daily?path=me&label=seen&labelStyle=upper";
    assert_eq!(picture::says(&seen.get(daily)), "SEEN: 1");
}
