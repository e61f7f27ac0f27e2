using EventCluster.Protocol;
using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Reading;

/// <summary>Blocks looked up in the index, and the segments that hold them, kept until the read is over.</summary>
internal sealed record BlocksToRead(
    StreamName Name, long Number, long Incarnation, BlockRef[] Refs, Dictionary<uint, Segment> Segments);
