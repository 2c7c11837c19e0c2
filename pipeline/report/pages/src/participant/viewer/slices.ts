// One visit's planes, drawn by NiiVue on one canvas. Pointer and keys are the stage's, so NiiVue gets none.
import { Niivue, NVImage, SLICE_TYPE } from '@niivue/niivue';
import { changeColorMaps, gainMapName, lossMapName, tissueColors } from './colors';
import type { Arrangement, Plane, Size, Triple } from './layout';

export interface SliceCanvas {
  canvas: HTMLCanvasElement;
  nv: Niivue;
}

const sliceTypes: Record<Plane, SLICE_TYPE> = {
  axial: SLICE_TYPE.AXIAL,
  coronal: SLICE_TYPE.CORONAL,
  sagittal: SLICE_TYPE.SAGITTAL,
};

// Below this share of the range a change is drawn the clearer the smaller it is; zero is not drawn at all.
const clearBelowShare = 0.3;
const translucentBelowMinimum = 1; // COLORMAP_TYPE of NiiVue, which does not export the names

export function addColorMaps(nv: Niivue): void {
  for (const [name, map] of Object.entries(changeColorMaps())) nv.addColormap(name, map);
}

// NiiVue prepares at once for all that it can draw. What these pages never draw is taken away before it starts: all
// shaders of surfaces but the first, and (see below) the gradients that only rendered volumes need. Without a graphics
// card this is most of the time until the first picture.
export function keepOneMeshShader(nv: Niivue): void {
  nv.meshShaders = nv.meshShaders.slice(0, 1);
}

const drawsNothing = [
  '#version 300 es\nvoid main() { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); }',
  '#version 300 es\nprecision mediump float; out vec4 color; void main() { color = vec4(0.0); }',
] as const;

function withoutGradients(nv: Niivue): void {
  const Shader = nv.passThroughShader!.constructor as new (gl: WebGL2RenderingContext, ...code: string[]) => typeof nv.blurShader;
  nv.blurShader = new Shader(nv.gl, ...drawsNothing);
  nv.sobelFirstOrderShader = nv.blurShader;
}

export async function openSliceCanvas(canvas: HTMLCanvasElement): Promise<SliceCanvas> {
  const nv = new Niivue({
    isRadiologicalConvention: true,
    sagittalNoseLeft: true,
    isResizeCanvas: false,
    forceDevicePixelRatio: -1,
    interactive: false,
    dragAndDropEnabled: false,
    isOrientationTextVisible: false,
    isAntiAlias: false,
    backColor: [0, 0, 0, 1],
    crosshairColor: [0.45, 0.86, 0.93, 1],
    crosshairWidth: 0.45,
    crosshairWidthUnit: 'mm',
    crosshairGap: 7,
    loadingText: '',
    logLevel: 'error',
  });
  keepOneMeshShader(nv);
  await nv.attachToCanvas(canvas, false);
  withoutGradients(nv);
  addColorMaps(nv);
  return { canvas, nv };
}

export interface Layers {
  t1w: NVImage;
  window: { low: number; high: number };
  tissues: NVImage | null;
  change: NVImage | null;
  range_percent: number;
  opacity: number;
}

export function setLayers({ nv }: SliceCanvas, layers: Layers): void {
  const { t1w, tissues, change, range_percent, opacity } = layers;
  t1w.cal_min = layers.window.low;
  t1w.cal_max = layers.window.high;
  if (tissues) {
    const { csf, gray_matter, white_matter } = tissueColors;
    const labels = [[0, 0, 0], csf, gray_matter, white_matter];
    tissues.setColormapLabel({
      R: labels.map((color) => color[0]!),
      G: labels.map((color) => color[1]!),
      B: labels.map((color) => color[2]!),
      A: [0, 255, 255, 255],
      I: [0, 1, 2, 3],
      labels: ['', 'CSF', 'gray matter', 'white matter'],
    });
    tissues.opacity = opacity * (change ? 0.5 : 0.75);
  }
  if (change) {
    const clearBelow = range_percent * clearBelowShare;
    change.colormapType = translucentBelowMinimum;
    change.colormap = gainMapName;
    change.colormapNegative = lossMapName;
    change.cal_min = clearBelow;
    change.cal_max = range_percent;
    change.cal_minNeg = -range_percent;
    change.cal_maxNeg = -clearBelow;
    change.opacity = opacity;
  }
  refresh(nv, t1w, [tissues, change].filter((image) => image !== null));
}

// Draws anew only what has changed: a scan is not prepared again because an overlay is switched, nor the other way.
function refresh(nv: Niivue, t1w: NVImage, overlays: NVImage[]): void {
  const sameScan = nv.volumes[0] === t1w;
  const windowBefore = shownWindows.get(nv);
  const sameWindow = windowBefore?.[0] === t1w.cal_min && windowBefore?.[1] === t1w.cal_max;
  const look = overlays.map((image) => [image.id, image.opacity, image.cal_min, image.cal_max].join(' ')).join(';');
  const sameOverlays = shownOverlays.get(nv) === look;
  nv.volumes = [t1w, ...overlays];
  nv.back = t1w;
  nv.overlays = overlays;
  shownWindows.set(nv, [t1w.cal_min, t1w.cal_max]);
  shownOverlays.set(nv, look);
  if (sameScan && sameWindow && sameOverlays) return;
  if (!sameOverlays) nv.refreshColormaps();
  if (!(sameScan && sameWindow) || overlays.length === 0) nv.refreshLayers(t1w, 0);
  if (!sameOverlays) overlays.forEach((image, index) => nv.refreshLayers(image, index + 1));
}

// What NiiVue has prepared last for each canvas.
const shownWindows = new WeakMap<Niivue, [number | undefined, number | undefined]>();
const shownOverlays = new WeakMap<Niivue, string>();

export function drawSlices({ canvas, nv }: SliceCanvas, size: Size, ratio: number, scene: Arrangement, share: Triple): void {
  const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  if (nv.volumes.length === 0) return;
  nv.scene.crosshairPos = share as unknown as typeof nv.scene.crosshairPos;
  nv.setCustomLayout(
    scene.tiles.map(({ plane, image }) => ({
      sliceType: sliceTypes[plane],
      position: [
        image.left / size.width,
        image.top / size.height,
        image.width / size.width,
        image.height / size.height,
      ] as [number, number, number, number],
    })),
  );
}
