// The link to a page beside this one ("sub-01.html", "../trial.html"). A name may hold what has a meaning in an address
// ("#", "?", "%"), so its parts are encoded; an address elsewhere ("https:", "//") is no link: null.
export function pageLink(path: string | null): string | null {
  if (!path || path.startsWith('/') || /^[a-z][a-z0-9+.-]*:/i.test(path)) return null;
  return path.split('/').map(encodeURIComponent).join('/');
}
