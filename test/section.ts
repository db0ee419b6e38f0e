/** What stands between `<!-- NAME -->` and `<!-- /NAME -->`. */
export function sectionOf(page: string, name: string): string {
  const [from, to] = placeOf(page, name);
  return page.slice(from, to).trim();
}

/** A page with a text in its place. */
export function withSection(page: string, name: string, content: string): string {
  const [from, to] = placeOf(page, name);
  return `${page.slice(0, from)}\n\n${content}\n\n${page.slice(to)}`;
}

function placeOf(page: string, name: string): [number, number] {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(open), page.indexOf(close)];
  if (from < 0 || to < from)
    throw new Error(`the page has no '${open}' with a '${close}' after it; put them back`);
  return [from + open.length, to];
}
