import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { chooseTheme, useTheme } from './theme';

export interface Crumb {
  label: string;
  href?: string | null; // without: the page that is open
}

function ThemeToggle() {
  const theme = useTheme();
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <button class="quiet theme-toggle" type="button" onClick={() => chooseTheme(other)}>
      {other === 'dark' ? 'Dark' : 'Light'}
      <span class="visually-hidden"> colors</span>
    </button>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" fill="currentColor">
      <path d="M15.5 2.6A9.6 9.6 0 1 0 21.4 15 8 8 0 1 1 15.5 2.6Z" />
    </svg>
  );
}

// The bar at the head of each page: where one is, the way to the other pages, and the tools of the page.
export function TopBar({ crumbs, children }: { crumbs: Crumb[]; children?: ComponentChildren }) {
  return (
    <header class="top-bar">
      <div class="top-bar-inner">
        <span class="brand">
          <Mark />
          Wane
        </span>
        <nav class="crumbs" aria-label="Pages">
          <ol>
            {crumbs.map((crumb) => (
              <li key={crumb.label}>
                {crumb.href ? <a href={crumb.href}>{crumb.label}</a> : <span aria-current="page">{crumb.label}</span>}
              </li>
            ))}
          </ol>
        </nav>
        <div class="top-bar-tools">
          {children}
          <button class="quiet" type="button" onClick={() => window.print()}>
            Print
          </button>
          <ThemeToggle />
        </div>
      </div>
    </header>
  );
}

// `eyebrow` says what kind of page it is; `title` is its one headline.
export function PageHead(props: { eyebrow: string; title: ComponentChildren; children?: ComponentChildren }) {
  return (
    <div class="page-head">
      <p class="eyebrow">{props.eyebrow}</p>
      <h1>{props.title}</h1>
      {props.children}
    </div>
  );
}

// A sentence of the program: what stands in backticks is code.
export function Words({ text }: { text: string }) {
  return <>{text.split('`').map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>;
}

export function Section(props: {
  id: string;
  title: string;
  lead?: ComponentChildren;
  children?: ComponentChildren;
  class?: string;
}) {
  return (
    <section class={`section ${props.class ?? ''}`} id={props.id} aria-labelledby={`${props.id}-title`}>
      <div class="section-head">
        <h2 id={`${props.id}-title`}>{props.title}</h2>
        {props.lead && <p class="soft prose">{props.lead}</p>}
      </div>
      {props.children}
    </section>
  );
}

export function Card(props: { title?: string; children?: ComponentChildren; class?: string }) {
  return (
    <div class={`card stack ${props.class ?? ''}`}>
      {props.title && <h3>{props.title}</h3>}
      {props.children}
    </div>
  );
}

export function Notice(props: { kind?: 'plain' | 'warn' | 'fail'; children: ComponentChildren }) {
  return (
    <div class={`notice ${props.kind ?? 'plain'}`} role={props.kind === 'fail' ? 'alert' : undefined}>
      {props.children}
    </div>
  );
}

// A large number with its unit and a line of explanation. Goes into <Facts>.
export function Fact(props: {
  label: string;
  value: ComponentChildren;
  unit?: string;
  note?: ComponentChildren;
  name?: string; // data-fact, for tests
  raw?: number | string | null; // data-value
}) {
  return (
    <div class="fact" data-fact={props.name}>
      <dt>{props.label}</dt>
      <dd>
        <span class="value" data-value={props.raw ?? undefined}>
          {props.value}
          {props.unit && <span class="unit"> {props.unit}</span>}
        </span>
      </dd>
      {props.note && <dd class="note">{props.note}</dd>}
    </div>
  );
}

export function Facts({ children }: { children: ComponentChildren }) {
  return <dl class="facts">{children}</dl>;
}

// Names and what belongs to them, as a list.
export function Pairs({ pairs }: { pairs: [ComponentChildren, ComponentChildren][] }) {
  return (
    <dl class="pairs">
      {pairs.flatMap(([name, value], i) => [<dt key={`name-${i}`}>{name}</dt>, <dd key={`value-${i}`}>{value}</dd>])}
    </dl>
  );
}

// A part that opens on demand. `lazy`: what is in it is made when it opens first (for what is long).
export function Fold(props: { title: ComponentChildren; lazy?: boolean; open?: boolean; children: ComponentChildren }) {
  const [made, setMade] = useState(!props.lazy || !!props.open);
  return (
    <details class="fold" open={props.open} onToggle={(event) => event.currentTarget.open && setMade(true)}>
      <summary>{props.title}</summary>
      {made && props.children}
    </details>
  );
}

// A word that explains itself when it is pointed at or focused.
export function Hint({ text, children }: { text: string; children: ComponentChildren }) {
  return (
    <span class="hint" tabIndex={0}>
      {children}
      <span class="hint-text" role="tooltip">
        {text}
      </span>
    </span>
  );
}

// One of a few: a row of radio buttons that looks like a switch.
export function Segmented<Value extends string>(props: {
  name: string;
  legend: string;
  options: { value: Value; label: string }[];
  value: Value;
  onChange: (value: Value) => void;
}) {
  return (
    <fieldset class="segmented" data-control={props.name}>
      <legend>{props.legend}</legend>
      {props.options.map((option) => (
        <label key={option.value}>
          <input
            type="radio"
            name={props.name}
            value={option.value}
            checked={option.value === props.value}
            onChange={() => props.onChange(option.value)}
          />
          <span>{option.label}</span>
        </label>
      ))}
    </fieldset>
  );
}

export function Footer(props: { version: string; children?: ComponentChildren }) {
  return (
    <footer class="footer">
      <span>Wane {props.version}</span>
      <span>Negative = loss.</span>
      {props.children}
    </footer>
  );
}
