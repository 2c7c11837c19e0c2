import './viewer.css';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Viewer as ViewerData } from '../../page_data';
import { capturePlanes, captureSurface, type PlanesPicture, type SurfacePicture } from './capture';
import { rangeFor } from './colors';
import { Controls, KeyList } from './controls';
import { type Grid, gridOf, type Images, middleOf, openImages, strongest, type Values } from './images';
import type { Triple } from './layout';
import { changeInWords, placeInWords, type Reading } from './readout';
import { openSliceCanvas, setLayers, type SliceCanvas } from './slices';
import { Stage } from './stage';
import { afterKey, firstState, movesByKey, setMode, type Slot, type ViewState, visitShown } from './state';
import { type Angle, colorSurface, openSurface, setAngle, type SurfaceCanvas } from './surface';

export interface VisitCaption {
  session: string;
  caption: string; // "ses-01, day 0"
}

export interface PaperPictures {
  planes: PlanesPicture;
  surface: SurfacePicture[];
  from: string;
  to: string;
  session: string;
  range_percent: number;
}

interface ViewerProps {
  viewer: ViewerData;
  captions: VisitCaption[]; // as viewer.visits
  headline: { from: string; to: string } | null; // the change that the page speaks of
  onPictures: (pictures: PaperPictures) => void;
  onFailure: (message: string) => void;
}

export interface Canvases {
  a: SliceCanvas;
  b: SliceCanvas;
  surface: SurfaceCanvas | null;
}

interface Opened {
  images: Images;
  grid: Grid;
  canvases: Canvases;
}

const neighborhood_mm = 3; // around a place of strong change

function headlineIndex({ viewer, headline }: ViewerProps): number {
  const found = viewer.changes.findIndex((change) => change.from === headline?.from && change.to === headline?.to);
  return Math.max(0, found);
}

function voxelShare(voxel: Triple, dims: Triple): Triple {
  return voxel.map((index, axis) => (index + 0.5) / dims[axis]!) as Triple;
}

// The layers of one side, brought up to date when what it shows changes; counts up when they are. The scan alone comes
// first, because a picture without overlays is there in half the time.
function useLayers(opened: Opened | null, slot: Slot, state: ViewState, viewer: ViewerData, wanted: boolean): number {
  const [drawn, setDrawn] = useState(0);
  const visit = state[slot];
  const withOverlays = drawn > 0 && !state.hidden;
  const tissues = state.tissues && withOverlays;
  const change = state.change && withOverlays && viewer.changes.length > 0;
  useEffect(() => {
    if (!opened || !wanted) return;
    let stale = false;
    const { images, canvases } = opened;
    void Promise.all([
      images.t1w(visit),
      tissues ? images.tissues(visit) : null,
      change ? images.change(state.changeIndex) : null,
    ]).then(([t1w, tissueImage, changeImage]) => {
      if (stale) return;
      const { window, range_percent, opacity } = state;
      setLayers(canvases[slot], { t1w, window, tissues: tissueImage, change: changeImage, range_percent, opacity });
      setDrawn((count) => count + 1);
    });
    return () => {
      stale = true;
    };
  }, [opened, wanted, visit, withOverlays, tissues, change, state.changeIndex, state.range_percent, state.opacity, state.window]);
  return drawn;
}

function useReading(opened: Opened | null, state: ViewState, viewer: ViewerData): Reading | null {
  const [reading, setReading] = useState<Reading | null>(null);
  const visit = visitShown(state);
  useEffect(() => {
    if (!opened) return;
    let stale = false;
    const { images, grid } = opened;
    const change = viewer.changes[state.changeIndex];
    void Promise.all([
      images.tissueValues(visit),
      change ? images.changeValues(state.changeIndex) : null,
      change ? images.measuredValues(state.changeIndex) : null,
    ]).then(([tissues, values, measured]) => {
      if (stale) return;
      setReading({
        mm: grid.toMm(state.voxel),
        change_percent: values && measured && measured.at(state.voxel) > 0 ? values.at(state.voxel) : null,
        from: change?.from ?? '',
        to: change?.to ?? '',
        tissue: tissues.at(state.voxel),
      });
    });
    return () => {
      stale = true;
    };
  }, [opened, visit, state.voxel, state.changeIndex]);
  return reading;
}

function useMask(opened: Opened | null, visit: number, wanted: boolean): Values | null {
  const [mask, setMask] = useState<Values | null>(null);
  useEffect(() => {
    if (!opened || !wanted) return setMask(null);
    let stale = false;
    void opened.images.brainValues(visit).then((values) => !stale && setMask(values));
    return () => {
      stale = true;
    };
  }, [opened, visit, wanted]);
  return mask;
}

export function Viewer(props: ViewerProps) {
  const { viewer, captions } = props;
  const root = useRef<HTMLDivElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const canvasA = useRef<HTMLCanvasElement>(null);
  const canvasB = useRef<HTMLCanvasElement>(null);
  const canvasSurface = useRef<HTMLCanvasElement>(null);
  const [opened, setOpened] = useState<Opened | null>(null);
  const [idle, setIdle] = useState(false);
  const [surfaceDrawn, setSurfaceDrawn] = useState(0);
  const [state, setState] = useState<ViewState>(() => {
    const extreme = Math.max(1, ...viewer.changes.map((change) => change.extreme_percent));
    const counts = { visits: viewer.visits.length, dims: [1, 1, 1] as Triple };
    return firstState(counts, headlineIndex(props), rangeFor(extreme));
  });
  const latestState = useRef(state);
  latestState.current = state;
  const counts = useMemo(
    () => ({ visits: viewer.visits.length, dims: opened?.grid.dims ?? ([1, 1, 1] as Triple) }),
    [viewer, opened],
  );
  const update = useCallback((change: Partial<ViewState>) => setState((now) => ({ ...now, ...change })), []);

  // What shows the first picture is opened first; the second visit and the surface follow.
  useEffect(() => {
    let stale = false;
    const open = async () => {
      const images = openImages(viewer);
      const a = await openSliceCanvas(canvasA.current!);
      const t1w = await images.t1w(0);
      const mask = await (viewer.changes.length > 0 ? images.measuredValues(state.changeIndex) : images.brainValues(0));
      if (stale) return;
      const canvases: Canvases = { a, b: null as unknown as SliceCanvas, surface: null };
      setState((now) => ({ ...now, voxel: middleOf(mask) }));
      setOpened({ images, grid: gridOf(t1w), canvases });
      await new Promise((resume) => setTimeout(resume, 50));
      canvases.b = await openSliceCanvas(canvasB.current!);
      if (viewer.surface) canvases.surface = await openSurface(canvasSurface.current!, viewer.surface);
      if (!stale) setIdle(true);
    };
    open().catch((error: unknown) => props.onFailure(error instanceof Error ? error.message : String(error)));
    return () => {
      stale = true;
    };
  }, []);

  const drawnA = useLayers(opened, 'a', state, viewer, true);
  const drawnB = useLayers(opened, 'b', state, viewer, idle);
  const reading = useReading(opened, state, viewer);
  const showOutline = state.outline && !state.hidden;
  const maskA = useMask(opened, state.a, showOutline);
  const maskB = useMask(opened, state.b, showOutline);

  useEffect(() => {
    const surface = opened?.canvases.surface;
    if (!surface || !idle) return;
    colorSurface(surface, viewer.changes.length > 0 ? state.changeIndex : null, state.range_percent);
    setSurfaceDrawn((count) => count + 1);
  }, [opened, idle, state.changeIndex, state.range_percent]);

  useEffect(() => {
    if (!state.blinking) return;
    const timer = setInterval(
      () => setState((now) => ({ ...now, showing: now.showing === 'a' ? 'b' : 'a' })),
      state.seconds * 1000,
    );
    return () => clearInterval(timer);
  }, [state.blinking, state.seconds]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !opened) return;
      const target = event.target as HTMLElement;
      const inside = root.current?.contains(target) ?? false;
      if (!inside && (target !== document.body || movesByKey(event.key))) return;
      const ownKeys = target.closest('select, textarea, input, summary');
      if (ownKeys && !(ownKeys as HTMLInputElement).matches('[type=checkbox]')) return;
      if (target.closest('button, input') && (event.key === ' ' || event.key === 'Enter')) return;
      const press = { key: event.key, shiftKey: event.shiftKey };
      if (!afterKey(latestState.current, press, counts)) return;
      event.preventDefault();
      setState((now) => afterKey(now, press, counts) ?? now);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [counts, opened]);

  // Paper shows the change of the headline, whatever the screen shows.
  const capture = useCallback(() => {
    if (!opened || !idle) return;
    const { grid, canvases } = opened;
    const index = headlineIndex(props);
    const change = viewer.changes[index];
    const share = voxelShare(state.voxel, grid.dims);
    const mm = grid.toMm(state.voxel);
    if (!(change && state.change && !state.hidden && state.changeIndex === index && !state.tissues)) return;
    const planes = capturePlanes(canvases.a, grid.extent_mm, share, mm);
    const surface = canvases.surface ? captureSurface(canvases.surface, mm) : [];
    props.onPictures({
      planes,
      surface,
      from: change.from,
      to: change.to,
      session: viewer.visits[state.a]!.session,
      range_percent: state.range_percent,
    });
    setSurfaceDrawn((count) => count + 1);
  }, [opened, idle, state]);
  const latestCapture = useRef(capture);
  latestCapture.current = capture;
  const readyForPaper = idle && drawnA > 1 && (surfaceDrawn > 0 || !viewer.surface);
  useEffect(() => {
    if (readyForPaper) latestCapture.current();
  }, [readyForPaper]);
  useEffect(() => {
    const before = () => latestCapture.current();
    window.addEventListener('beforeprint', before);
    return () => window.removeEventListener('beforeprint', before);
  }, []);

  const goTo = async (sign: -1 | 1) => {
    if (!opened) return;
    const [values, measured] = await Promise.all([
      opened.images.changeValues(state.changeIndex),
      opened.images.measuredValues(state.changeIndex),
    ]);
    const radius = Math.max(1, Math.round(neighborhood_mm / viewer.voxel_size_mm[0]));
    const voxel = strongest(values, measured, sign, radius);
    if (voxel) update({ voxel, change: true, hidden: false });
  };
  const goToMiddle = async () => {
    if (opened) update({ voxel: middleOf(await opened.images.brainValues(state.a)) });
  };

  const look = (angle: Angle) => {
    const surface = opened?.canvases.surface;
    if (surface) setAngle(surface, angle);
    setState((now) => (now.view === 'surface' || (now.view === 'all' && now.mode !== 'side') ? now : { ...setMode(now, 'single'), view: 'surface' }));
  };

  const change = viewer.changes[state.changeIndex];
  const giveBackFocus = (event: MouseEvent) => {
    const pressed = (event.target as HTMLElement).closest('button, label');
    if (event.detail > 0 && pressed) stage.current?.focus({ preventScroll: true });
  };
  return (
    <div
      class="viewer"
      ref={root}
      data-viewer={opened && drawnA > 0 ? (idle && drawnA > 1 && drawnB > 1 ? 'ready' : 'first-picture') : 'loading'}
      data-mode={state.mode}
      data-view={state.view}
      data-visit-shown={viewer.visits[visitShown(state)]?.session}
      data-blinking={state.blinking}
      data-outline={showOutline}
      data-tissues={state.tissues && !state.hidden}
      data-change={state.change && !state.hidden ? `${change?.from} ${change?.to}` : ''}
      data-range-percent={state.range_percent}
      data-window={`${state.window.low.toFixed(1)} ${state.window.high.toFixed(1)}`}
      data-voxel={state.voxel.join(' ')}
      data-change-percent={reading?.change_percent?.toFixed(4) ?? ''}
      onClick={giveBackFocus}
    >
      <Stage
        state={state}
        update={update}
        setState={setState}
        captions={captions}
        opened={opened}
        idle={idle}
        drawn={`${drawnA} ${drawnB} ${surfaceDrawn}`}
        masks={{ a: maskA, b: maskB }}
        refs={{ stage, canvasA, canvasB, canvasSurface }}
        hasSurface={viewer.surface !== null}
      />
      <div class="viewer-readout" role="status" data-readout>
        {reading ? (
          <>
            <span class="readout-place">{placeInWords(reading.mm)}</span>
            <span class="readout-value">{changeInWords(reading)}</span>
            {change && (
              <span class="readout-pair">
                {change.from} to {change.to}
              </span>
            )}
          </>
        ) : (
          'Opening the images …'
        )}
      </div>
      <Controls
        state={state}
        setState={setState}
        update={update}
        viewer={viewer}
        captions={captions}
        goTo={(sign) => void goTo(sign)}
        goToMiddle={() => void goToMiddle()}
        look={look}
      />
      <KeyList />
    </div>
  );
}
