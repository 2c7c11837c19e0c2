// The black part: two stacked canvases, one for each visit that is compared, the surface, and words on top.
import type { RefObject } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Grid, Values } from './images';
import { arrange, type Arrangement, axesOf, type Rect, type Size, swipeClip, tileAt, type Triple, voxelAt } from './layout';
import { outlinePath } from './outline';
import { SceneLabels } from './scene_labels';
import { drawSlices } from './slices';
import { moved, type Slot, type ViewState, windowed } from './state';
import { drawSurface, turn } from './surface';
import type { Canvases, VisitCaption } from './viewer';

interface StageProps {
  state: ViewState;
  update: (change: Partial<ViewState>) => void;
  setState: (change: (now: ViewState) => ViewState) => void;
  captions: VisitCaption[];
  opened: { grid: Grid; canvases: Canvases } | null;
  idle: boolean; // all canvases are open
  drawn: string; // changes when the layers of a canvas have changed
  masks: Record<Slot, Values | null>;
  refs: {
    stage: RefObject<HTMLDivElement | null>;
    canvasA: RefObject<HTMLCanvasElement | null>;
    canvasB: RefObject<HTMLCanvasElement | null>;
    canvasSurface: RefObject<HTMLCanvasElement | null>;
  };
  hasSurface: boolean;
}

const halvesGap_px = 4;
const grip_px = 14;
const degreesPerPixel = 0.5;
const windowPerPixel = 0.7;
const sharpestRatio = 2; // more pixels than this are not seen

function useSize(element: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    const place = element.current;
    if (!place) return;
    const measure = () => setSize({ width: place.clientWidth, height: place.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(place);
    measure();
    return () => observer.disconnect();
  }, []);
  return size;
}

function Outline({ mask, scene, voxel }: { mask: Values | null; scene: Arrangement; voxel: Triple }) {
  const path = useMemo(
    () => (mask ? scene.tiles.map((tile) => outlinePath(mask, tile, voxel)).join('') : ''),
    [mask, scene, voxel],
  );
  return path ? <path class="outline" d={path} /> : null;
}

function px({ left, top, width, height }: Rect) {
  return { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` };
}

type Drag = { kind: 'crosshair' | 'window' | 'swipe' | 'turn'; x: number; y: number; offset: number };

export function Stage(props: StageProps) {
  const { state, update, setState, opened, refs, captions } = props;
  const size = useSize(refs.stage);
  const drag = useRef<Drag | null>(null);
  const side = state.mode === 'side';
  const half: Size = side ? { width: Math.floor((size.width - halvesGap_px) / 2), height: size.height } : size;
  const extent = opened?.grid.extent_mm;
  const scene = useMemo<Arrangement>(
    () => (extent ? arrange(state.view, half, extent, props.hasSurface && !side) : { tiles: [], surface: null }),
    [state.view, half.width, half.height, extent, side],
  );
  const mm: Triple = opened ? opened.grid.toMm(state.voxel) : [0, 0, 0];
  const seen: Record<Slot, boolean> = {
    a: state.mode !== 'single' || state.showing === 'a',
    b: state.mode === 'swipe' || side || state.showing === 'b',
  };

  useEffect(() => {
    if (!opened || half.width === 0 || scene.tiles.length === 0) return;
    const { grid, canvases } = opened;
    const ratio = Math.min(sharpestRatio, window.devicePixelRatio || 1);
    const share = state.voxel.map((index, axis) => (index + 0.5) / grid.dims[axis]!) as Triple;
    if (seen.a) drawSlices(canvases.a, half, ratio, scene, share);
    if (props.idle && (seen.b || state.mode === 'blink')) drawSlices(canvases.b, half, ratio, scene, share);
  }, [opened, props.idle, props.drawn, scene, state.voxel, seen.a, seen.b, state.mode]);

  useEffect(() => {
    const surface = opened?.canvases.surface;
    if (!surface || !props.idle || !scene.surface) return;
    const ratio = Math.min(sharpestRatio, window.devicePixelRatio || 1);
    drawSurface(surface, Math.round(scene.surface.width * ratio), Math.round(scene.surface.height * ratio), mm);
  }, [opened, props.idle, props.drawn, scene, state.voxel]);

  // Where a pointer is, in the half that it is over.
  const place = (event: { clientX: number; clientY: number }) => {
    const box = refs.stage.current!.getBoundingClientRect();
    const x = event.clientX - box.left;
    const offset = side && x > half.width ? half.width + halvesGap_px : 0;
    return { x: x - offset, y: event.clientY - box.top, offset };
  };
  const onSurface = (x: number, y: number) => {
    const area = scene.surface;
    return !!area && x >= area.left && x < area.left + area.width && y >= area.top && y < area.top + area.height;
  };
  const pointTo = (x: number, y: number) => {
    const tile = tileAt(scene, x, y);
    if (tile && opened) update({ voxel: voxelAt(tile, x, y, opened.grid.dims, state.voxel) });
  };
  const nearDivider = (x: number, y: number) => {
    const tile = tileAt(scene, x, y);
    return !!tile && Math.abs(tile.image.left + tile.image.width * state.swipe - x) <= grip_px;
  };
  const moveDivider = (x: number, y: number) => {
    const tile = tileAt(scene, x, y);
    if (tile) update({ swipe: Math.min(1, Math.max(0, (x - tile.image.left) / tile.image.width)) });
  };

  const down = (event: PointerEvent) => {
    if (!opened || (event.target as HTMLElement).closest('button')) return;
    const { x, y, offset } = place(event);
    refs.stage.current!.focus({ preventScroll: true });
    refs.stage.current!.setPointerCapture(event.pointerId);
    event.preventDefault();
    const kind = onSurface(x, y)
      ? 'turn'
      : event.button === 2 || state.windowByDrag
        ? 'window'
        : state.mode === 'swipe' && nearDivider(x, y)
          ? 'swipe'
          : 'crosshair';
    drag.current = { kind, x, y, offset };
    if (kind === 'crosshair') pointTo(x, y);
  };
  const move = (event: PointerEvent) => {
    const from = drag.current;
    if (!from) return;
    const now = place(event);
    const x = now.x + now.offset - from.offset;
    const [dx, dy] = [x - from.x, now.y - from.y];
    if (from.kind === 'crosshair') pointTo(x, now.y);
    if (from.kind === 'swipe') moveDivider(x, now.y);
    if (from.kind === 'window') setState((old) => windowed(old, dy * windowPerPixel, -dx * windowPerPixel));
    if (from.kind === 'turn' && opened?.canvases.surface && scene.surface) {
      turn(opened.canvases.surface, dx * degreesPerPixel, dy * degreesPerPixel);
    }
    if (from.kind === 'window' || from.kind === 'turn') drag.current = { ...from, x, y: now.y };
  };
  const up = () => {
    drag.current = null;
  };
  // Turns through slices once the stage is in use; until then the page scrolls.
  const wheel = (event: WheelEvent) => {
    if (!opened || document.activeElement !== refs.stage.current) return;
    const { x, y } = place(event);
    const tile = tileAt(scene, x, y);
    if (!tile) return;
    event.preventDefault();
    setState((now) => moved(now, axesOf[tile.plane].through, event.deltaY < 0 ? 1 : -1, opened.grid.dims));
  };
  useEffect(() => {
    const element = refs.stage.current!;
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  });

  const halfStyle = (slot: Slot) => ({
    left: side && slot === 'b' ? `${half.width + halvesGap_px}px` : '0',
    width: side ? `${half.width}px` : '100%',
    clipPath: state.mode === 'swipe' && slot === 'b' ? swipeClip(scene.tiles, state.swipe) : undefined,
    visibility: seen[slot] && state.view !== 'surface' ? ('visible' as const) : ('hidden' as const),
  });
  const caption = (slot: Slot) => captions[state[slot]]?.caption ?? '';
  const chips = state.view !== 'surface' && (
    <div class="stage-captions" data-mode={state.mode}>
      {state.mode === 'side' || state.mode === 'swipe' ? (
        <>
          <span class="chip">{caption('a')}</span>
          <span class="chip">{caption('b')}</span>
        </>
      ) : (
        <span class="chip" data-caption>
          {caption(state.showing)}
        </span>
      )}
    </div>
  );
  return (
    <div
      class={`stage ${state.windowByDrag ? 'windowing' : ''}`}
      ref={refs.stage}
      tabIndex={0}
      role="group"
      aria-label="Images of the visits. The keys are listed below the picture."
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={up}
      onContextMenu={(event) => event.preventDefault()}
    >
      {(['a', 'b'] as Slot[]).map((slot) => (
        <div key={slot} class="stage-half" style={halfStyle(slot)} data-slot={slot}>
          <canvas ref={slot === 'a' ? refs.canvasA : refs.canvasB} aria-hidden="true" />
          <svg class="stage-drawing">
            <Outline mask={props.masks[slot]} scene={scene} voxel={state.voxel} />
            {side && <SceneLabels scene={scene} mm={mm} />}
          </svg>
        </div>
      ))}
      <div
        class="stage-surface"
        style={scene.surface ? { ...px(scene.surface), visibility: props.idle ? 'visible' : 'hidden' } : { visibility: 'hidden' }}
      >
        <canvas ref={refs.canvasSurface} aria-hidden="true" />
        {scene.surface && <span class="surface-name">3-D, drag to turn</span>}
      </div>
      {!side && (
        <svg class="stage-drawing">
          <SceneLabels scene={scene} mm={mm} />
          {state.mode === 'swipe' &&
            scene.tiles.map(({ plane, image }) => {
              const x = image.left + image.width * state.swipe;
              const middle = image.top + image.height / 2;
              return (
                <g key={plane} class="divider">
                  <path d={`M${x} ${image.top}V${image.top + image.height}`} />
                  <circle cx={x} cy={middle} r="9" />
                  <path class="divider-arrows" d={`M${x - 2} ${middle - 3.5}l-3.5 3.5 3.5 3.5M${x + 2} ${middle - 3.5}l3.5 3.5-3.5 3.5`} />
                </g>
              );
            })}
        </svg>
      )}
      {chips}
      {!opened && <div class="stage-wait">Opening the images …</div>}
    </div>
  );
}
