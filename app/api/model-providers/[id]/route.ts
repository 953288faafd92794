import { route } from '@/lib/access';
import { deleteModelProvider, updateModelProvider } from '@/lib/agent';
import { modelProviderParamsSchema, modelProviderPatchSchema } from '@/lib/agent/schema';

const params = modelProviderParamsSchema;

export const PATCH = route({ permission: 'model.manage', params, body: modelProviderPatchSchema }, (ctx, input) =>
  updateModelProvider(ctx, input.params.id, input.body),
);

export const DELETE = route({ permission: 'model.manage', params }, async (ctx, input) => {
  await deleteModelProvider(ctx, input.params.id);
  return { deleted: true };
});
