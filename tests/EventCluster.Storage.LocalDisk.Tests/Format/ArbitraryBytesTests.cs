using EventCluster.Storage.LocalDisk.Format;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests.Format;

/// <summary>Decoders meet arbitrary bytes: they answer no, or throw the one exception that says so.</summary>
public sealed class ArbitraryBytesTests
{
    [Fact]
    public void RecordFrame_ArbitraryBytes_IsNeverAccepted() =>
        Prop.ForAll<byte[]>(bytes => RecordFrame.TryRead(bytes, 1) is null).QuickCheckThrowOnFailure();

    [Fact]
    public void Headers_ArbitraryBytes_AreNeverAccepted() => Prop.ForAll<byte[]>(bytes =>
        GroupHeader.TryRead([.. GroupHeader.MagicBytes, .. bytes, .. new byte[GroupHeader.Bytes]], 1, 1) is null
        && SegmentHeader.TryRead([.. bytes, .. new byte[SegmentHeader.Bytes]], 1, 1) is null).QuickCheckThrowOnFailure();

    [Fact]
    public void ReadCommit_ArbitraryBytes_ThrowsInvalidDataOrReads() => Prop.ForAll<byte[]>(bytes =>
    {
        byte[] record = [.. new byte[13], (byte)(bytes.Length == 0 ? 127 : bytes[0]), 0, 0, .. new byte[80], .. bytes];
        try
        {
            RecordCodec.ReadCommit(record);
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException)
        {
        }
    }).QuickCheckThrowOnFailure();
}
