// The views of a page, for Hexo. Save as scripts/seen.js and set `seen: https://HOST` in
// _config.yml. Every post ends with its number; {% views %} shows it elsewhere.
/* global hexo */
const number = '<span data-seen>–</span> views';

hexo.extend.injector.register('head_end', () =>
  `<script async src="${hexo.config.seen}/seen.js"></script>`);
hexo.extend.tag.register('views', () => number);
hexo.extend.filter.register('after_post_render', (post) => {
  if (post.layout === 'post') post.content += `<p>${number}</p>`;
  return post;
});
