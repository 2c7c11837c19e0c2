import './style.css';
import { type ComponentType, render } from 'preact';
import { readPageData } from '../read_page_data';
import { startTheme } from './theme';

// Puts the page's component, given the page's JSON, into the document.
export function mountPage<Page>(Component: ComponentType<{ page: Page }>, title: (page: Page) => string): void {
  startTheme();
  const root = document.getElementById('page');
  if (!root) throw new Error('The document has no element with the id "page".');
  const page = readPageData<Page>();
  document.title = title(page);
  render(<Component page={page} />, root);
}
