// The viewer where there are images and a browser that draws them; else the static picture, and why.
import { useMemo, useState } from 'preact/hooks';
import { Notice, Section, Words } from '../shared/layout';
import type { ParticipantPage } from '../page_data';
import { isMeasured, pairOf, sessionWords } from './model';
import { type PaperPictures, Viewer } from './viewer/viewer';

const noImages =
  'The images of this participant are not in the output folder (they were not kept, or no visit could be measured), so the viewer cannot open.';
const noWebGl =
  'This browser does not offer WebGL 2, which the viewer needs. Turn on hardware acceleration in its settings, or open this page in another browser.';

const noMaps =
  'The output folder has no maps of change for this participant (they were not kept, or an older version of Wane made the images), so the viewer shows the scans alone. `wane run --force` makes them.';
const someMaps = (pairs: string[]) =>
  `The output folder has no map of change for ${pairs.join(', ')}, so the viewer cannot show the change there. \`wane run --force\` makes it.`;
const noSurface = 'There is no 3-D view: the output folder holds no surface of this brain with these changes.';

// Parts of the viewer that are not there although there is a change to show.
function missingParts({ report, viewer }: ParticipantPage): string[] {
  if (!viewer) return [];
  const sessions = viewer.visits.map(({ session }) => session);
  const expected = report.changes
    .filter((change) => isMeasured(change) && sessions.includes(change.from) && sessions.includes(change.to))
    .map(pairOf);
  if (expected.length === 0) return [];
  if (viewer.changes.length === 0) return [noMaps];
  const present = viewer.changes.map(pairOf);
  const absent = expected.filter((pair) => !present.includes(pair));
  return [...(absent.length > 0 ? [someMaps(absent)] : []), ...(viewer.surface ? [] : [noSurface])];
}

// NiiVue says so when it asks for WebGL 2 in vain; asking before would cost another context.
function whyFailed(message: string): string {
  return /webgl/i.test(message) ? noWebGl : `The viewer could not open the images (${message}).`;
}

export function StaticPicture({ page, why }: { page: ParticipantPage; why: string }) {
  return (
    <div class="stack" data-viewer-missing>
      <Notice>
        <p>{why}</p>
        <p>{page.picture ? 'This is the static picture of all visits instead.' : 'There is no static picture either.'}</p>
      </Notice>
      {page.picture && (
        <figure class="static-picture">
          <img
            src={page.picture}
            alt={`All visits of ${page.report.participant_id} in three planes, with the brain outline and the tissues. The person's left is on the right of the picture.`}
          />
          <figcaption class="small soft">
            All visits in midpoint space. R and L mark the person's right and left.
          </figcaption>
        </figure>
      )}
    </div>
  );
}

export function ViewerSection(props: {
  page: ParticipantPage;
  headline: { from: string; to: string } | null;
  onPictures: (pictures: PaperPictures) => void;
}) {
  const { page } = props;
  const [failure, setFailure] = useState<string | null>(null);
  const captions = useMemo(
    () =>
      (page.viewer?.visits ?? []).map(({ session }) => {
        const visit = page.report.visits.find((one) => one.session === session);
        return { session, caption: visit?.days == null ? sessionWords(session) : `${sessionWords(session)}, day ${visit.days}` };
      }),
    [page],
  );
  const problem = !page.viewer ? noImages : failure && whyFailed(failure);
  const coarser = page.viewer?.coarser_than_measured;
  const size = page.viewer?.voxel_size_mm.map((mm) => Number(mm.toFixed(2))).join(' × ');
  return (
    <Section
      id="images"
      class="screen-only"
      title="Images"
      lead="All visits in midpoint space: the same place of the head is at the same place of the picture in every visit. Click to move the crosshair; drag with the right button to change brightness and contrast."
    >
      {!problem &&
        missingParts(page).map((sentence) => (
          <Notice key={sentence}>
            <p data-viewer-lacks>
              <Words text={sentence} />
            </p>
          </Notice>
        ))}
      {problem ? (
        <StaticPicture page={page} why={problem} />
      ) : (
        <Viewer
          viewer={page.viewer!}
          captions={captions}
          headline={props.headline}
          onPictures={props.onPictures}
          onFailure={setFailure}
        />
      )}
      {!problem && (
        <p class="small soft">
          Voxels of {size} mm{coarser ? ', coarser than those that were measured, so that the page stays small. ' : '. '}
          {page.viewer?.surface && (
            <>
              The surface is in <code>{page.viewer.surface.file}</code>, for ParaView and 3D Slicer. {' '}
            </>
          )}
          A single place is much less certain than the change of the whole brain. For looking at, not for diagnosis.
        </p>
      )}
    </Section>
  );
}
