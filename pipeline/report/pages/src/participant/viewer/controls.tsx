// What the viewer can do, beside or below the stage.
import type { ComponentChildren } from 'preact';
import { Segmented } from '../../shared/layout';
import type { Viewer as ViewerData } from '../../page_data';
import { ColorBar } from './color_bar';
import { cssColor, outlineColor, ranges_percent, tissueColors } from './colors';
import { firstWindow } from './images';
import type { View } from './layout';
import { type Angle, angles } from './surface';
import { fastest_s, keyRows, type Mode, setMode, showVisit, slowest_s, toggleBlink, type ViewState, visitShown } from './state';
import type { VisitCaption } from './viewer';

interface ControlsProps {
  state: ViewState;
  setState: (change: (now: ViewState) => ViewState) => void;
  update: (change: Partial<ViewState>) => void;
  viewer: ViewerData;
  captions: VisitCaption[];
  goTo: (sign: -1 | 1) => void;
  goToMiddle: () => void;
  look: (angle: Angle) => void;
}

function Group({ title, children, name }: { title: string; children: ComponentChildren; name: string }) {
  return (
    <div class="control-group" role="group" aria-label={title} data-group={name}>
      <p class="control-title">{title}</p>
      {children}
    </div>
  );
}

function Choice(props: { label: string; value: number; options: { value: number; label: string }[]; onChange: (value: number) => void; name: string }) {
  return (
    <label class="field">
      <span>{props.label}</span>
      <select
        name={props.name}
        value={String(props.value)}
        onChange={(event) => props.onChange(Number(event.currentTarget.value))}
      >
        {props.options.map(({ value, label }) => (
          <option key={value} value={String(value)}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}

function Switch(props: { label: ComponentChildren; on: boolean; keyName: string; name: string; onChange: (on: boolean) => void }) {
  return (
    <label class="switch">
      <input type="checkbox" name={props.name} checked={props.on} onChange={(event) => props.onChange(event.currentTarget.checked)} />
      <span>{props.label}</span>
      <kbd>{props.keyName}</kbd>
    </label>
  );
}

function Swatch({ color }: { color: string }) {
  return <i class="swatch" style={{ background: color }} />;
}

function VisitButtons({ state, setState, captions }: ControlsProps) {
  return (
    <div class="visit-buttons" role="group" aria-label="Visit shown">
      {captions.map(({ session, caption }, visit) => (
        <button
          key={session}
          type="button"
          aria-pressed={visitShown(state) === visit}
          data-visit={session}
          onClick={() => setState((now) => showVisit(now, visit))}
        >
          <kbd>{visit + 1}</kbd>
          {caption}
        </button>
      ))}
    </div>
  );
}

const modes: { value: Mode; label: string }[] = [
  { value: 'single', label: 'One visit' },
  { value: 'blink', label: 'Blink' },
  { value: 'swipe', label: 'Swipe' },
  { value: 'side', label: 'Side by side' },
];

function CompareGroup(props: ControlsProps) {
  const { state, setState, update, captions } = props;
  const visits = captions.map(({ caption }, value) => ({ value, label: caption }));
  return (
    <Group title="Visits" name="visits">
      <VisitButtons {...props} />
      {captions.length > 1 && (
        <>
          <Segmented
            name="compare"
            legend="Compare"
            options={modes}
            value={state.mode}
            onChange={(mode) => setState((now) => setMode(now, mode))}
          />
          {captions.length > 2 && (
            <div class="pair-fields">
              <Choice name="visit-a" label="First" value={state.a} options={visits} onChange={(a) => update({ a })} />
              <Choice name="visit-b" label="Second" value={state.b} options={visits} onChange={(b) => update({ b })} />
            </div>
          )}
          <div class="blink-row">
            <button type="button" data-action="blink" aria-pressed={state.blinking} onClick={() => setState(toggleBlink)}>
              {state.blinking ? 'Stop blinking' : 'Start blinking'} <kbd>Space</kbd>
            </button>
            <label class="field slider">
              <span>Each for {state.seconds.toFixed(2)} s</span>
              <input
                type="range"
                name="blink-seconds"
                min={fastest_s}
                max={slowest_s}
                step="0.05"
                value={state.seconds}
                onInput={(event) => update({ seconds: Number(event.currentTarget.value) })}
              />
            </label>
          </div>
          {state.mode === 'swipe' && (
            <label class="field slider">
              <span>Divider (or drag it in the picture)</span>
              <input
                type="range"
                name="swipe"
                min="0"
                max="1"
                step="0.01"
                value={state.swipe}
                onInput={(event) => update({ swipe: Number(event.currentTarget.value) })}
              />
            </label>
          )}
        </>
      )}
    </Group>
  );
}

const views: { value: View; label: string }[] = [
  { value: 'all', label: 'All planes' },
  { value: 'axial', label: 'Axial' },
  { value: 'coronal', label: 'Coronal' },
  { value: 'sagittal', label: 'Sagittal' },
  { value: 'surface', label: '3-D' },
];

function ViewGroup({ state, setState, viewer, goTo, goToMiddle, look }: ControlsProps) {
  const offered = viewer.surface ? views : views.filter((view) => view.value !== 'surface');
  const choose = (view: View) =>
    setState((now) => ({ ...(view === 'surface' ? setMode(now, 'single') : now), view }));
  return (
    <Group title="Planes" name="planes">
      <Segmented name="view" legend="View" options={offered} value={state.view} onChange={choose} />
      <div class="button-row go-to">
        <span class="viewer-note">Go to</span>
        {viewer.changes.length > 0 && (
          <>
            <button type="button" data-action="strongest-loss" onClick={() => goTo(-1)}>
              strongest loss
            </button>
            <button type="button" data-action="strongest-gain" onClick={() => goTo(1)}>
              strongest gain
            </button>
          </>
        )}
        <button type="button" data-action="middle" onClick={goToMiddle}>
          middle
        </button>
      </div>
      {viewer.surface && (
        <div class="button-row go-to angles">
          <span class="viewer-note">3-D</span>
          {angles.map((angle) => (
            <button key={angle.name} type="button" data-angle={angle.name} onClick={() => look(angle)}>
              {angle.name.toLowerCase()}
            </button>
          ))}
        </div>
      )}
    </Group>
  );
}

function OverlayGroup({ state, update, viewer }: ControlsProps) {
  const changes = viewer.changes.map(({ from, to }, value) => ({ value, label: `${from} to ${to}` }));
  const ranges = ranges_percent.map((value) => ({ value, label: `±${value} %` }));
  return (
    <Group title="Overlays" name="overlays">
      {changes.length > 0 && (
        <Switch name="change" keyName="M" label="Local volume change" on={state.change && !state.hidden} onChange={(change) => update({ change, hidden: false })} />
      )}
      <Switch
        name="outline"
        keyName="O"
        label={
          <>
            <Swatch color={outlineColor} /> Brain outline
          </>
        }
        on={state.outline && !state.hidden}
        onChange={(outline) => update({ outline, hidden: false })}
      />
      <Switch
        name="tissues"
        keyName="T"
        label={
          <>
            <Swatch color={cssColor(tissueColors.gray_matter)} /> gray <Swatch color={cssColor(tissueColors.white_matter)} /> white
            matter <Swatch color={cssColor(tissueColors.csf)} /> CSF
          </>
        }
        on={state.tissues && !state.hidden}
        onChange={(tissues) => update({ tissues, hidden: false })}
      />
      <label class="field slider">
        <span>Opacity {Math.round(state.opacity * 100)} %</span>
        <input
          type="range"
          name="opacity"
          min="0.1"
          max="1"
          step="0.05"
          value={state.opacity}
          onInput={(event) => update({ opacity: Number(event.currentTarget.value) })}
        />
      </label>
      {changes.length > 0 && (
        <>
          <div class="pair-fields">
            <Choice name="change-pair" label="Change" value={state.changeIndex} options={changes} onChange={(changeIndex) => update({ changeIndex })} />
            <Choice name="range" label="Colors" value={state.range_percent} options={ranges} onChange={(range_percent) => update({ range_percent })} />
          </div>
          <ColorBar range_percent={state.range_percent} note="Clear near zero, and where change is not measured." />
        </>
      )}
    </Group>
  );
}

function WindowGroup({ state, update }: ControlsProps) {
  const { low, high } = state.window;
  return (
    <Group title="Brightness and contrast" name="window">
      <Switch name="window-by-drag" keyName="right button" label="Change by dragging" on={state.windowByDrag} onChange={(windowByDrag) => update({ windowByDrag })} />
      <div class="button-row">
        <span class="viewer-note">
          level {Math.round((low + high) / 2)}, window {Math.round(high - low)}
        </span>
        <button type="button" data-action="reset-window" onClick={() => update({ window: { ...firstWindow } })}>
          Reset <kbd>R</kbd>
        </button>
      </div>
    </Group>
  );
}

const shownKeys = ['Space', '1, 2, …', '← →', '↑ ↓', 'Page Up, Page Down', 'M', 'O', 'T', 'H'];

// The keys that are used most are always seen.
export function KeyList() {
  const row = ({ keys, does }: (typeof keyRows)[number]) => (
    <div key={keys}>
      <dt>
        <kbd>{keys}</kbd>
      </dt>
      <dd>{does}</dd>
    </div>
  );
  return (
    <div class="key-list">
      <dl>{keyRows.filter(({ keys }) => shownKeys.includes(keys)).map(row)}</dl>
      <details>
        <summary>More keys</summary>
        <dl>{keyRows.filter(({ keys }) => !shownKeys.includes(keys)).map(row)}</dl>
      </details>
    </div>
  );
}

export function Controls(props: ControlsProps) {
  return (
    <div class="viewer-controls">
      <CompareGroup {...props} />
      <ViewGroup {...props} />
      <OverlayGroup {...props} />
      <WindowGroup {...props} />
    </div>
  );
}
