// The views of a page, for Docusaurus. Save as src/components/Views.js, load the script once
// in docusaurus.config.js:
//
//   scripts: [{ src: 'https://HOST/seen.js', async: true }],
//
// and write <Views /> in an MDX page. seen.js counts when the reader changes to another page.
import React from 'react';
import { useLocation } from '@docusaurus/router';

export default function Views() {
  // The key makes a new span for each page, and seen.js fills it with that page's number.
  const { pathname } = useLocation();
  return <><span key={pathname} data-seen="">–</span> views</>;
}
