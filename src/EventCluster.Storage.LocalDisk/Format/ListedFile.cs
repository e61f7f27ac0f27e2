namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>A file that an end record names.</summary>
/// <param name="Number">Number of the segment or checkpoint.</param>
/// <param name="Length">Bytes that it has at least.</param>
internal readonly record struct ListedFile(uint Number, long Length);
