// The surface of the brain, colored by local change, drawn by NiiVue on a canvas of its own.
import { Niivue, NVMesh, SLICE_TYPE } from '@niivue/niivue';
import type { Viewer } from '../../page_data';
import { changeMapName } from './colors';
import type { Triple } from './layout';
import { addColorMaps, keepOneMeshShader } from './slices';

type NVMeshLayer = NVMesh['layers'][number];

export interface SurfaceCanvas {
  canvas: HTMLCanvasElement;
  nv: Niivue;
  mesh: NVMesh;
}

export interface Angle {
  name: string;
  azimuth: number;
  elevation: number;
}

export const angles: Angle[] = [
  { name: 'Right', azimuth: 270, elevation: 0 },
  { name: 'Left', azimuth: 90, elevation: 0 },
  { name: 'Front', azimuth: 180, elevation: 0 },
  { name: 'Back', azimuth: 0, elevation: 0 },
  { name: 'Top', azimuth: 0, elevation: 90 },
  { name: 'Bottom', azimuth: 0, elevation: -90 },
];
export const firstAngle: Angle = { name: 'Oblique', azimuth: 235, elevation: 22 };

const noColor = new Uint8Array([196, 200, 204, 255]);

function bytesOf(base64: string): ArrayBuffer {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer;
}

function layer(base64: string): NVMeshLayer {
  return {
    values: new Float32Array(bytesOf(base64)),
    opacity: 0,
    colormap: changeMapName,
    colormapType: 0,
    cal_min: -1,
    cal_max: 1,
    cal_minNeg: NaN,
    cal_maxNeg: NaN,
    frame4D: 0,
    nFrame4D: 1,
    isTransparentBelowCalMin: false,
    useNegativeCmap: false,
    colorbarVisible: false,
    showLegend: false,
  };
}

export async function openSurface(canvas: HTMLCanvasElement, surface: NonNullable<Viewer['surface']>): Promise<SurfaceCanvas> {
  const nv = new Niivue({
    isResizeCanvas: false,
    forceDevicePixelRatio: -1,
    dragAndDropEnabled: false,
    backColor: [0, 0, 0, 1],
    crosshairColor: [0.45, 0.86, 0.93, 1],
    crosshairWidth: 0.6,
    crosshairWidthUnit: 'mm',
    show3Dcrosshair: true,
    isOrientCube: true,
    isOrientationTextVisible: false,
    showLegend: false,
    clipPlaneHotKey: '',
    cycleClipPlaneHotKey: '',
    viewModeHotKey: '',
    interactive: false,
    loadingText: '',
    logLevel: 'error',
  });
  keepOneMeshShader(nv);
  await nv.attachToCanvas(canvas);
  addColorMaps(nv);
  nv.setSliceType(SLICE_TYPE.RENDER);
  const mesh = await NVMesh.readMesh(bytesOf(surface.mesh), surface.file, nv.gl, 1, noColor);
  mesh.layers = surface.changes.map(layer);
  nv.addMesh(mesh);
  setAngle({ canvas, nv, mesh }, firstAngle);
  return { canvas, nv, mesh };
}

export function setAngle({ nv }: SurfaceCanvas, { azimuth, elevation }: Angle): void {
  nv.setRenderAzimuthElevation(azimuth, elevation);
}

export function colorSurface({ nv, mesh }: SurfaceCanvas, changeIndex: number | null, range_percent: number): void {
  mesh.layers.forEach((one, index) => {
    one.opacity = index === changeIndex ? 1 : 0;
    one.cal_min = -range_percent;
    one.cal_max = range_percent;
  });
  mesh.updateMesh(nv.gl);
}

export function drawSurface({ canvas, nv }: SurfaceCanvas, width: number, height: number, place_mm: Triple): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  if (width === 0 || height === 0) return;
  nv.scene.crosshairPos = nv.mm2frac(place_mm as unknown as Parameters<typeof nv.mm2frac>[0]);
  nv.drawScene();
}

export function turn({ nv }: SurfaceCanvas, dx: number, dy: number): Angle {
  const elevation = Math.min(90, Math.max(-90, nv.scene.renderElevation + dy));
  const azimuth = (nv.scene.renderAzimuth + dx + 360) % 360;
  nv.setRenderAzimuthElevation(azimuth, elevation);
  return { name: '', azimuth, elevation };
}
