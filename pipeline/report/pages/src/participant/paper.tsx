// What only stands on paper: the picture of change, and the place to sign.
import type { ParticipantPage } from '../page_data';
import { ColorBar } from './viewer/color_bar';
import { SceneLabels } from './viewer/scene_labels';
import type { PaperPictures } from './viewer/viewer';

function Planes({ pictures }: { pictures: PaperPictures }) {
  const { planes } = pictures;
  return (
    <div class="paper-planes" style={{ aspectRatio: `${planes.width} / ${planes.height}` }}>
      <img src={planes.url} alt="Local volume change in an axial, a coronal and a sagittal plane" />
      <svg viewBox={`0 0 ${planes.width} ${planes.height}`}>
        <SceneLabels scene={planes.scene} mm={planes.mm} />
      </svg>
    </div>
  );
}

export function PaperPicture({ page, pictures }: { page: ParticipantPage; pictures: PaperPictures | null }) {
  if (!pictures) {
    if (!page.picture) return null;
    return (
      <figure class="paper-figure print-only keep-together">
        <img class="paper-static" src={page.picture} alt="All visits in three planes" />
        <figcaption>All visits in midpoint space. R and L mark the person’s right and left.</figcaption>
      </figure>
    );
  }
  return (
    <figure class="paper-figure print-only keep-together" data-paper-picture>
      <Planes pictures={pictures} />
      <div class="paper-surfaces">
        {pictures.surface.map(({ name, url }) => (
          <div key={name}>
            <img src={url} alt={`Surface of the brain, colored by local change, ${name.toLowerCase()}`} />
            <span>{name}</span>
          </div>
        ))}
        <div class="paper-bar">
          <ColorBar range_percent={pictures.range_percent} />
        </div>
      </div>
      <figcaption>
        Local volume change from {pictures.from} to {pictures.to}, on the scan of {pictures.session}. Blue is loss, orange is
        gain; clear near zero and where it is not measured. R and L mark the person’s right and left.
      </figcaption>
    </figure>
  );
}

export function SignatureLine() {
  return (
    <div class="signature print-only keep-together" data-signature>
      <p>
        <span>Scans accepted ☐</span> <span>not accepted ☐</span> <span class="line grow">because</span>
      </p>
      <p>
        <span class="line grow">Name</span>
        <span class="line">Date</span>
        <span class="line grow">Signature</span>
      </p>
    </div>
  );
}
