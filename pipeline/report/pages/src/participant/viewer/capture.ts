// Pictures for paper: a browser does not print what WebGL has drawn, so it is copied first.
import { arrange, type Arrangement, type Triple } from './layout';
import { drawSlices, type SliceCanvas } from './slices';
import { angles, drawSurface, setAngle, type SurfaceCanvas } from './surface';

export interface PlanesPicture {
  url: string;
  scene: Arrangement;
  width: number;
  height: number;
  mm: Triple;
}

export interface SurfacePicture {
  url: string;
  name: string;
}

// In CSS pixels; drawn at twice as many, which is 200 to 300 dots per inch on A4.
const planesSize = { width: 720, height: 262 };
const surfaceSize = { width: 240, height: 190 };
const ratio = 2;
const quality = 0.88;

// The canvas is as before after the next draw; nothing is seen of this, because no frame is shown in between.
export function capturePlanes(slices: SliceCanvas, extent_mm: Triple, share: Triple, mm: Triple): PlanesPicture {
  const scene = arrange('all', planesSize, extent_mm, false);
  const crosshair = slices.nv.opts.crosshairColor;
  slices.nv.opts.crosshairColor = [crosshair[0]!, crosshair[1]!, crosshair[2]!, 0.6];
  drawSlices(slices, planesSize, ratio, scene, share);
  const url = slices.canvas.toDataURL('image/jpeg', quality);
  slices.nv.opts.crosshairColor = crosshair;
  return { url, scene, ...planesSize, mm };
}

export function captureSurface(surface: SurfaceCanvas, mm: Triple): SurfacePicture[] {
  const { renderAzimuth: azimuth, renderElevation: elevation } = surface.nv.scene;
  surface.nv.opts.show3Dcrosshair = false;
  surface.nv.opts.isOrientCube = false;
  const pictures = ['Right', 'Left', 'Top'].map((name) => {
    setAngle(surface, angles.find((angle) => angle.name === name)!);
    drawSurface(surface, surfaceSize.width * ratio, surfaceSize.height * ratio, mm);
    return { name, url: surface.canvas.toDataURL('image/jpeg', quality) };
  });
  surface.nv.opts.show3Dcrosshair = true;
  surface.nv.opts.isOrientCube = true;
  setAngle(surface, { name: '', azimuth, elevation });
  return pictures;
}
