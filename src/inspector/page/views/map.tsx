/** `/map`: the whole fleet, a cell for every actor. `/map/<namespace>/<cluster>`: one cluster as a tree. */
import { place } from '../location.ts';
import { FleetMapView } from './map/fleet.tsx';
import { ClusterTree } from './map/cluster-tree.tsx';

export function MapView() {
  const [, namespace, name] = place.value.path;
  if (namespace === undefined || name === undefined) return <FleetMapView />;
  return <ClusterTree key={`${namespace}/${name}`} namespace={namespace} name={name} />;
}
