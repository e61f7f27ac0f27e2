using EventCluster.Storage.LocalDisk.Disk;

namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>
/// The file with the two slots of the end record. The newer valid slot is never overwritten with anything else, and a
/// slot is flushed before the other one is written, so that a torn write leaves one that is whole.
/// </summary>
internal sealed class EndFile : IAsyncDisposable
{
    private readonly IDiskFile _file;
    private readonly byte[] _bytes = new byte[EndRecord.SlotBytes];
    private int _slot;
    private bool _unknown;

    private EndFile(IDiskFile file, EndRecord last, int slot) => (_file, Last, _slot) = (file, last, slot);

    /// <summary>The record that counts.</summary>
    public EndRecord Last { get; private set; }

    /// <summary>Makes the file with one record, or replaces the one that is there, and makes it durable.</summary>
    public static async Task<EndFile> CreateAsync(IDisk disk, string directory, EndRecord first)
    {
        var path = $"{directory}/{DataFormat.EndFile}";
        var file = await disk.CreateAsync(path + DataFormat.TemporarySuffix);
        try
        {
            // Both slots have their place on the disk from the beginning: a full disk never refuses a record.
            var bytes = new byte[2 * EndRecord.SlotBytes];
            first.Write(bytes);
            await file.WriteAsync([bytes], 0);
            await file.FlushAsync();
            await disk.RenameAsync(path + DataFormat.TemporarySuffix, path);
            await disk.FlushDirectoryAsync(directory);
            return new EndFile(file, first, slot: 0);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens the file; null if neither slot holds a record of this store.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="directory">The data directory, which has the file.</param>
    /// <param name="storeId">The store; null to believe the file.</param>
    /// <param name="writable">Whether records are to be written.</param>
    public static async Task<EndFile?> TryOpenAsync(IDisk disk, string directory, UInt128? storeId, bool writable)
    {
        var file = await disk.OpenAsync($"{directory}/{DataFormat.EndFile}", writable);
        try
        {
            var bytes = new byte[2 * EndRecord.SlotBytes];
            await file.ReadAsync(bytes, 0);
            var first = Read(bytes.AsSpan(0, EndRecord.SlotBytes), storeId);
            var second = Read(bytes.AsSpan(EndRecord.SlotBytes), storeId);
            var slot = second is not null && (first is null || second.Counter > first.Counter) ? 1 : 0;
            if ((slot == 1 ? second : first) is { } newest)
            {
                return new EndFile(file, newest, slot);
            }
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }

        await file.DisposeAsync();
        return null;
    }

    /// <summary>
    /// Writes what the counting slot holds once more and flushes. After a kill it may live in the page cache only, and then
    /// the other slot must not be touched. Equal bytes over equal bytes cannot tear.
    /// </summary>
    public async ValueTask MakeDurableAsync()
    {
        Last.Write(_bytes);
        await WriteSlotAsync(_slot);
    }

    /// <summary>Writes a record with the next counter into the other slot and flushes it.</summary>
    /// <exception cref="DiskFullException">No room; the record before still counts.</exception>
    /// <exception cref="DiskShortageException">The system is short of something; the record before still counts.</exception>
    public async ValueTask WriteAsync(EndRecord next)
    {
        next = next with { Counter = Last.Counter + 1 };
        next.Write(_bytes);
        await WriteSlotAsync(1 - _slot);
        (Last, _slot) = (next, 1 - _slot);
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();

    private async ValueTask WriteSlotAsync(int slot)
    {
        if (_unknown)
        {
            throw new IOException("An earlier end record was not flushed, so no other one may be written.");
        }

        await _file.WriteAsync([_bytes], (long)slot * EndRecord.SlotBytes);
        _unknown = true;
        await _file.FlushAsync();
        _unknown = false;
    }

    private static EndRecord? Read(ReadOnlySpan<byte> slot, UInt128? storeId) =>
        EndRecord.TryRead(slot, storeId ?? EndRecord.StoreIdOf(slot));
}
