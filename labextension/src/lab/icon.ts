import { LabIcon } from '@jupyterlab/ui-components';

import svg from '../../style/runs.svg';

export const runsIcon = new LabIcon({ name: 'mlrun-jupyter:runs', svgstr: svg });
