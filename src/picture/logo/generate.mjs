// Writes brands.rs: `npm install simple-icons@16.37.0 && node generate.mjs > brands.rs`.
//
// simple-icons is CC0 1.0. Icons that its data lists under a licence of their own are
// left out, unless that is CC0 too, and so are outlines of more than 2,600 bytes: they
// would be mud at 14 pixels. The names and marks belong to their owners.
import { createRequire } from 'node:module'
import { join } from 'node:path'

const load = createRequire(join(process.cwd(), 'x.js'))
const icons = load('simple-icons')
const data = load('simple-icons/icons.json')
const wanted = `android anthropic apple archlinux arduino astro atlassian bitbucket blender bluesky
bootstrap brave buymeacoffee bun c circleci claude cloudflare codeberg codecov cplusplus css d3
debian deno devdotto digitalocean discord django docker docusaurus dotnet electron elixir eslint
express facebook fastapi fedora figma firebase firefox flask flutter forgejo ghost git gitea github
githubactions githubsponsors gitlab gmail gnubash go googlechrome gradle grafana graphql haskell
hexo homebrew html5 hugo instagram javascript jekyll jenkins jest jetbrains jira jquery json jupyter
kofi kotlin kubernetes laravel leetcode letsencrypt linux lua mariadb markdown mastodon mdnwebdocs
medium meta mongodb mozilla mysql neovim netlify nextdotjs nginx nim nixos nodedotjs notion npm
numpy nuxt obsidian ocaml opencollective openjdk patreon paypal perl php pinterest pnpm podman
postgresql prettier prometheus pypi python pytorch qt r raspberrypi react readthedocs redis reddit
rss ruby rubyonrails rust safari sass scala signal simpleicons snapcraft spotify spring sqlite
stackoverflow steam storybook stripe sublimetext substack supabase svelte swift tailwindcss telegram
tensorflow terraform threads tiktok twitch typescript ubuntu v8 vercel vim vite vuedotjs webpack
whatsapp wikipedia wordpress x xcode yarn youtube zig`.split(/\s+/).sort()
const licences = new Map(data.map((icon) => [icon.slug, icon.license?.type ?? 'CC0-1.0']))

console.log(`//! Outlines of brands from simple-icons 16.37.0 (CC0 1.0), on a grid of 24 by 24; made
//! by \`generate.mjs\`. The brands belong to their owners.
#![cfg_attr(rustfmt, rustfmt_skip)]

/// Slug and outline, sorted for a binary search.
pub(super) static BRANDS: &[(&str, &str)] = &[`)
const bySlug = new Map(Object.values(icons).map((icon) => [icon.slug, icon]))
for (const slug of wanted) {
  const icon = bySlug.get(slug)
  if (!icon || licences.get(slug) !== 'CC0-1.0' || icon.path.length > 2600) continue
  console.log(`    (${JSON.stringify(slug)}, ${JSON.stringify(icon.path)}),`)
}
console.log('];')
