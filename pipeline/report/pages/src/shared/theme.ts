import { useEffect, useState } from 'preact/hooks';

export type Theme = 'light' | 'dark';

const key = 'wane-theme';
const systemIsDark = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<(theme: Theme) => void>();

// A browser may forbid a file its store; then the choice lasts as long as the page is open.
function stored(): Theme | null {
  try {
    const value = localStorage.getItem(key);
    return value === 'light' || value === 'dark' ? value : null;
  } catch {
    return null;
  }
}

let chosen = stored();

export function currentTheme(): Theme {
  return chosen ?? (systemIsDark.matches ? 'dark' : 'light');
}

function apply(): void {
  document.documentElement.dataset.theme = currentTheme();
  for (const listener of listeners) listener(currentTheme());
}

export function chooseTheme(theme: Theme): void {
  chosen = theme;
  try {
    localStorage.setItem(key, theme);
  } catch {
    // The choice lasts as long as the page is open.
  }
  apply();
}

export function startTheme(): void {
  systemIsDark.addEventListener('change', apply);
  apply();
}

export function useTheme(): Theme {
  const [theme, setTheme] = useState(currentTheme());
  useEffect(() => {
    listeners.add(setTheme);
    return () => void listeners.delete(setTheme);
  }, []);
  return theme;
}
