// A chart is a Vega-Lite specification; this draws it (vega-embed), saves it, prints it and gives its values as a table.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { parse, View } from 'vega';
import embed, { type Result } from 'vega-embed';
import { compile, type TopLevelSpec } from 'vega-lite';
import { chartConfig, chartTheme, type ChartTheme } from './chart_theme';
import { type Column, DataTable, tableCsv } from './data_table';
import { Fold } from './layout';
import { saveText, saveUrl } from './save';
import { useTheme } from './theme';

export interface ChartProps<Row> {
  id: string; // of the element and of saved files: "rate-by-dose"
  title: string;
  note?: ComponentChildren; // how to read it, in a line or two
  description: string; // for those who cannot see it
  spec: (theme: ChartTheme) => TopLevelSpec; // with its data; width "container" fills the page
  columns: Column<Row>[]; // the values of the chart, as a table below it and as CSV
  rows: Row[];
  attributes?: (row: Row) => Record<`data-${string}`, string | number | null | undefined>;
  paperWidth?: number; // px at 96 to the inch, for print
  paperHeight?: number; // without: the specification's
  children?: ComponentChildren; // more below the table of values
}

// A table of more rows than this is made when it is opened.
const mostRowsAtOnce = 500;
// A drawing of so many rows is painted, not built of elements: a browser slows down with more.
const mostRowsAsElements = 400;
const defaultPaperWidth = 650;
const paperFontSize = 9.5;

function renderer(rows: number): 'svg' | 'canvas' {
  return rows > mostRowsAsElements ? 'canvas' : 'svg';
}

// Print waits for nothing, so that this is done within the event.
function drawForPaper(spec: TopLevelSpec, place: HTMLElement, size: { width: number; height?: number }): View {
  const config = chartConfig(chartTheme('light'), paperFontSize);
  const compiled = compile({ ...spec, ...size } as TopLevelSpec, { config });
  return new View(parse(compiled.spec), { renderer: 'svg' }).initialize(place).run();
}

function SaveMenu<Row>({ chart, view }: { chart: ChartProps<Row>; view: () => View | undefined }) {
  const menu = useRef<HTMLDetailsElement>(null);
  const save = (what: () => void | Promise<void>) => () => {
    if (menu.current) menu.current.open = false;
    void what();
  };
  const svg = async () => {
    const text = await view()?.toSVG();
    if (text) saveText(text, `${chart.id}.svg`, 'image/svg+xml');
  };
  const png = async () => {
    const url = await view()?.toImageURL('png', 2);
    if (url) saveUrl(url, `${chart.id}.png`);
  };
  const csv = () => saveText(tableCsv(chart.columns, chart.rows), `${chart.id}.csv`, 'text/csv');
  const close = (event: FocusEvent) => {
    if (menu.current && !menu.current.contains(event.relatedTarget as Node | null)) menu.current.open = false;
  };
  return (
    <details class="save-menu" ref={menu} onFocusOut={close}>
      <summary aria-label={`Save the chart: ${chart.title}`}>Save</summary>
      <div>
        <button type="button" data-save="svg" onClick={save(svg)}>
          Drawing (SVG)
        </button>
        <button type="button" data-save="png" onClick={save(png)}>
          Picture (PNG)
        </button>
        <button type="button" data-save="csv" onClick={save(csv)}>
          Values (CSV)
        </button>
      </div>
    </details>
  );
}

export function Chart<Row>(props: ChartProps<Row>) {
  const theme = useTheme();
  const screen = useRef<HTMLDivElement>(null);
  const paper = useRef<HTMLDivElement>(null);
  const drawn = useRef<Result | undefined>(undefined);

  useEffect(() => {
    let stale = false;
    const colors = chartTheme(theme);
    const place = screen.current;
    if (!place) return;
    // The page keeps its length while one drawing takes the place of another.
    place.style.minHeight = `${place.offsetHeight}px`;
    void embed(place, { ...props.spec(colors), description: props.description } as TopLevelSpec, {
      actions: false,
      defaultStyle: false,
      renderer: renderer(props.rows.length),
      config: chartConfig(colors),
      tooltip: { disableDefaultStyle: true },
    }).then((result) => {
      place.style.minHeight = '';
      if (stale) result.finalize();
      else drawn.current = result;
    });
    return () => {
      stale = true;
      drawn.current?.finalize();
      drawn.current = undefined;
    };
  }, [theme, props.spec]);

  useEffect(() => {
    let view: View | undefined;
    const clear = () => {
      view?.finalize();
      view = undefined;
      paper.current?.replaceChildren();
    };
    const draw = () => {
      clear();
      const size = {
        width: props.paperWidth ?? defaultPaperWidth,
        ...(props.paperHeight ? { height: props.paperHeight } : {}),
      };
      if (paper.current) view = drawForPaper(props.spec(chartTheme('light')), paper.current, size);
    };
    window.addEventListener('beforeprint', draw);
    window.addEventListener('afterprint', clear);
    return () => {
      clear();
      window.removeEventListener('beforeprint', draw);
      window.removeEventListener('afterprint', clear);
    };
  }, [props.spec, props.paperWidth, props.paperHeight]);

  return (
    <figure class="chart card" id={props.id} data-chart={props.id} aria-labelledby={`${props.id}-title`}>
      <figcaption class="chart-head">
        <div>
          <h3 id={`${props.id}-title`}>{props.title}</h3>
          {props.note && <p>{props.note}</p>}
        </div>
        <SaveMenu chart={props} view={() => drawn.current?.view} />
      </figcaption>
      <div class="chart-canvas" ref={screen} role="img" aria-label={props.description} />
      <div class="chart-paper print-only" ref={paper} aria-hidden="true" />
      <Fold title="Values of this chart" lazy={props.rows.length > mostRowsAtOnce}>
        <DataTable
          label={`Values of the chart: ${props.title}`}
          columns={props.columns}
          rows={props.rows}
          attributes={props.attributes}
          tableAttributes={{ 'data-values-of': props.id }}
          tall
        />
        {props.children}
      </Fold>
    </figure>
  );
}
