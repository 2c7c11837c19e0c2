// The page's JSON, which the program put into the file.
export function readPageData<Page>(): Page {
  const text = document.getElementById('page-data')?.textContent ?? '';
  return JSON.parse(text) as Page;
}
