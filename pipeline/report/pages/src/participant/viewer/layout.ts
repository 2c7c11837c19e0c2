// Where the planes stand on the stage. Radiological convention: the person's right is on the left of the picture; in the
// sagittal plane the nose is on the left. All planes of a view have the same scale.
export type Plane = 'axial' | 'coronal' | 'sagittal';
export type View = 'all' | Plane | 'surface';

export interface Size {
  width: number;
  height: number;
}

export interface Rect extends Size {
  left: number;
  top: number;
}

export interface Tile {
  plane: Plane;
  cell: Rect; // what the plane has of the stage
  image: Rect; // where its picture is in it
}

export interface Arrangement {
  tiles: Tile[];
  surface: Rect | null;
}

export type Triple = [number, number, number];

export const planes: Plane[] = ['axial', 'coronal', 'sagittal'];
// The axes (0 = right, 1 = anterior, 2 = superior) that run across and down a plane, and the one it is a slice of.
export const axesOf: Record<Plane, { across: 0 | 1; down: 1 | 2; through: 0 | 1 | 2 }> = {
  axial: { across: 0, down: 1, through: 2 },
  coronal: { across: 0, down: 2, through: 1 },
  sagittal: { across: 1, down: 2, through: 0 },
};
export const edgeLetters: Record<Plane, { left: string; right: string; top: string; bottom: string }> = {
  axial: { left: 'R', right: 'L', top: 'A', bottom: 'P' },
  coronal: { left: 'R', right: 'L', top: 'S', bottom: 'I' },
  sagittal: { left: 'A', right: 'P', top: 'S', bottom: 'I' },
};

const gap_px = 2;

function imageIn(cell: Rect, plane: Plane, extent_mm: Triple, scale: number): Rect {
  const { across, down } = axesOf[plane];
  const width = Math.min(cell.width, Math.floor(extent_mm[across] * scale));
  const height = Math.min(cell.height, Math.floor(extent_mm[down] * scale));
  const left = Math.floor(cell.left + (cell.width - width) / 2);
  const top = Math.floor(cell.top + (cell.height - height) / 2);
  return { left, top, width, height };
}

interface Cells {
  cells: Record<Plane, Rect>;
  surface: Rect | null;
  scale: number; // px per mm
}

function rect(left: number, top: number, width: number, height: number): Rect {
  return { left: Math.round(left), top: Math.round(top), width: Math.floor(width), height: Math.floor(height) };
}

// Two rows: coronal and sagittal above, axial and the surface below; edges that show the same axis stand in line.
function square({ width, height }: Size, [x, y, z]: Triple, withSurface: boolean): Cells {
  const left = ((width - gap_px) * x) / (x + y);
  const upper = ((height - gap_px) * z) / (z + y);
  const [right, lower] = [width - gap_px - left, height - gap_px - upper];
  return {
    cells: {
      coronal: rect(0, 0, left, upper),
      sagittal: rect(left + gap_px, 0, right, upper),
      axial: rect(0, upper + gap_px, left, lower),
    },
    surface: withSurface ? rect(left + gap_px, upper + gap_px, right, lower) : null,
    scale: Math.min(left / x, upper / z),
  };
}

function row({ width, height }: Size, [x, y, z]: Triple, withSurface: boolean): Cells {
  const count = withSurface ? 4 : 3;
  const scale = Math.min((width - gap_px * (count - 1)) / (2 * x + (withSurface ? 2 : 1) * y), height / Math.max(y, z));
  const unit = (width - gap_px * (count - 1)) / (2 * x + (withSurface ? 2 : 1) * y);
  const [wide, deep] = [unit * x, unit * y];
  return {
    cells: {
      axial: rect(0, 0, wide, height),
      coronal: rect(wide + gap_px, 0, wide, height),
      sagittal: rect(2 * (wide + gap_px), 0, deep, height),
    },
    surface: withSurface ? rect(2 * (wide + gap_px) + deep + gap_px, 0, deep, height) : null,
    scale,
  };
}

function column({ width, height }: Size, [x, y, z]: Triple): Cells {
  const unit = (height - 2 * gap_px) / (y + 2 * z);
  const [tall, low] = [unit * y, unit * z];
  return {
    cells: {
      axial: rect(0, 0, width, tall),
      coronal: rect(0, tall + gap_px, width, low),
      sagittal: rect(0, tall + low + 2 * gap_px, width, low),
    },
    surface: null,
    scale: Math.min(unit, width / Math.max(x, y)),
  };
}

export function arrange(view: View, size: Size, extent_mm: Triple, withSurface: boolean): Arrangement {
  const whole = rect(0, 0, size.width, size.height);
  if (view === 'surface') return { tiles: [], surface: whole };
  if (view !== 'all') {
    const { across, down } = axesOf[view];
    const scale = Math.min(size.width / extent_mm[across], size.height / extent_mm[down]);
    return { tiles: [{ plane: view, cell: whole, image: imageIn(whole, view, extent_mm, scale) }], surface: null };
  }
  const choices = [square(size, extent_mm, withSurface), row(size, extent_mm, withSurface)];
  if (!withSurface) choices.push(column(size, extent_mm));
  const best = choices.reduce((a, b) => (b.scale > a.scale ? b : a));
  const tiles = planes.map((plane) => {
    const cell = best.cells[plane];
    return { plane, cell, image: imageIn(cell, plane, extent_mm, best.scale) };
  });
  return { tiles, surface: best.surface };
}

// Between a place on the stage and a voxel (in RAS order). Right, anterior and superior are on the left and on top.
export function voxelAt(tile: Tile, x: number, y: number, dims: Triple, now: Triple): Triple {
  const { across, down } = axesOf[tile.plane];
  const share = (value: number) => Math.min(1 - 1e-9, Math.max(0, value));
  const voxel: Triple = [...now];
  voxel[across] = Math.floor((1 - share((x - tile.image.left) / tile.image.width)) * dims[across]);
  voxel[down] = Math.floor((1 - share((y - tile.image.top) / tile.image.height)) * dims[down]);
  return voxel.map((value, axis) => Math.min(dims[axis]! - 1, Math.max(0, value))) as Triple;
}

export function tileAt(arrangement: Arrangement, x: number, y: number): Tile | undefined {
  const within = ({ left, top, width, height }: Rect) => x >= left && x < left + width && y >= top && y < top + height;
  return arrangement.tiles.find((tile) => within(tile.cell));
}

// The part of the stage right of the divider, in each plane, as a CSS path.
export function swipeClip(tiles: Tile[], share: number): string {
  const parts = tiles.map(({ image }) => {
    const from = image.left + image.width * share;
    return `M${from} ${image.top}H${image.left + image.width}V${image.top + image.height}H${from}Z`;
  });
  return `path("${parts.join('')}")`;
}
