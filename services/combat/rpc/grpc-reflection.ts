/**
 * gRPC reflection: what services there are and how their messages look, for grpcurl and its kind.
 * In:  the services' descriptors.   Out: reflection v1 and v1alpha on a server.
 * Not here: custom options. The package re-encodes the files and drops what it does not know, such as REST routes;
 * the files themselves are in proto/.
 */
import { type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { Server } from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";

type PackageDefinition = ConstructorParameters<typeof ReflectionService>[0];

export function addReflection(server: Server, services: readonly DescService[]): void {
  const files = new Map<string, Buffer>();
  for (const service of services) collect(service.file, files);
  // The package reads a proto-loader package; of its entries it uses nothing but these bytes.
  const entry = { fileDescriptorProtos: [...files.values()] } as PackageDefinition[string];
  new ReflectionService({ files: entry }, { services: services.map(({ typeName }) => typeName) }).addToServer(server);
}

/** A file and all it imports, imports first. */
function collect(file: DescFile, files: Map<string, Buffer>): void {
  if (files.has(file.name)) return;
  for (const dependency of file.dependencies) collect(dependency, files);
  files.set(file.name, Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)));
}
