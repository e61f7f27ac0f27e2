using EventCluster.Storage.LocalDisk;
using EventCluster.Storage.LocalDisk.Disk;

namespace EventCluster.TestKit.Disk;

/// <summary>
/// A disk in memory that loses what was not flushed. Deterministic: all chance comes from the seeded source, all delay
/// from the given time. <see cref="Crash"/> keeps an arbitrary, partly torn subset of the unflushed pages and of the
/// unflushed changes of names, and kills every open handle, lock and <see cref="Attach">process</see>.
/// </summary>
public sealed class SimulatedDisk(Random random, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _locks = new(StringComparer.Ordinal);
    private readonly List<NameChange> _unflushedNames = [];
    private SortedDictionary<string, SimulatedFile> _names = new(StringComparer.Ordinal);
    private SortedDictionary<string, SimulatedFile> _durableNames = new(StringComparer.Ordinal);
    private int _diesAt;
    private bool _diesByPower;
    private int _failReads;
    private int _failWrites;
    private int _failFlushes;

    /// <summary>Faults that happen by chance.</summary>
    public DiskFaults Faults { get; set; } = DiskFaults.None;

    /// <summary>Room of the disk in bytes; null for endless.</summary>
    public long? Capacity { get; set; }

    /// <summary>Preallocation reserves nothing, as on file systems that copy on write: room runs out at the write.</summary>
    public bool ThinPreallocation { get; set; }

    /// <summary>A lying device: flushes answer at once and make nothing durable.</summary>
    public bool SkipFlush { get; set; }

    /// <summary>How long every flush takes.</summary>
    public TimeSpan FlushDelay { get; set; }

    /// <summary>Grows with every <see cref="Crash"/>; older handles throw.</summary>
    public int Epoch { get; private set; }

    public int Reads { get; private set; }

    public int Writes { get; private set; }

    public int Flushes { get; private set; }

    /// <summary>Operations so far that change a file, a name or what is durable of them.</summary>
    public int Changes { get; private set; }

    /// <summary>
    /// Asked with "create", "write", "preallocate" or "flush directory": true makes the call fail for want of descriptors or memory.
    /// </summary>
    public Func<string, bool>? IsShort { get; set; }

    /// <summary>Faults that were injected so far, by name.</summary>
    public SortedDictionary<string, int> FaultCounts { get; } = new(StringComparer.Ordinal);

    /// <summary>Room in use.</summary>
    public long Used
    {
        get
        {
            lock (_gate)
            {
                return UsedLocked;
            }
        }
    }

    private long UsedLocked => _names.Values.Distinct().Sum(file => file.Allocated);

    /// <summary>The next reads throw.</summary>
    public void FailNextReads(int count) => _failReads = count;

    /// <summary>The next writes throw after an unknown part.</summary>
    public void FailNextWrites(int count) => _failWrites = count;

    /// <summary>The next flushes throw and lose pages.</summary>
    public void FailNextFlushes(int count) => _failFlushes = count;

    /// <summary>The power goes, or the process is killed, right before the n-th change from now on; 0 takes it back.</summary>
    public void DieAt(int change, bool power)
    {
        lock (_gate)
        {
            (_diesAt, _diesByPower) = (change == 0 ? 0 : Changes + change, power);
        }
    }

    /// <summary>The disk as one process has it: after a crash or kill every call of that process throws.</summary>
    public IDisk Attach() => new SimulatedProcess(this, Epoch);

    /// <summary>Loses power and comes back.</summary>
    public void Crash()
    {
        lock (_gate)
        {
            Epoch++;
            _locks.Clear();
            foreach (var change in _unflushedNames)
            {
                if (random.Next(2) == 0)
                {
                    change.ApplyTo(_durableNames);
                }
            }

            _unflushedNames.Clear();
            foreach (var file in _names.Values.Concat(_durableNames.Values).Distinct().ToArray())
            {
                file.Crash(random);
            }

            _names = new SortedDictionary<string, SimulatedFile>(_durableNames, StringComparer.Ordinal);
        }
    }

    /// <summary>Kills the process only: everything written stays, handles and locks go.</summary>
    public void KillProcess()
    {
        lock (_gate)
        {
            Epoch++;
            _locks.Clear();
        }
    }

    /// <summary>Damages one byte of a file for good.</summary>
    public void Rot(string path, long offset, byte mask = 0x40)
    {
        lock (_gate)
        {
            Find(path).Rot(offset, mask);
        }
    }

    /// <summary>The bytes that readers see.</summary>
    public byte[] ReadAllBytes(string path)
    {
        lock (_gate)
        {
            var file = Find(path);
            var bytes = new byte[file.Length];
            file.Read(bytes, 0);
            return bytes;
        }
    }

    /// <summary>Makes a durable file of these bytes.</summary>
    public void WriteAllBytes(string path, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            var file = new SimulatedFile { Allocated = bytes.Length };
            file.Write(bytes, 0);
            file.CompleteFlush(file.BeginFlush());
            _names[path] = file;
            _durableNames[path] = file;
        }
    }

    public ValueTask CreateDirectoryAsync(string path) => ValueTask.CompletedTask;

    public ValueTask<IReadOnlyList<string>> ListAsync(string directory) => new(ListNow(directory));

    /// <summary>Names of the files in a directory.</summary>
    public IReadOnlyList<string> ListNow(string directory)
    {
        lock (_gate)
        {
            var prefix = directory.TrimEnd('/') + "/";
            return [.. _names.Keys
                .Where(path => path.StartsWith(prefix, StringComparison.Ordinal) && !path[prefix.Length..].Contains('/'))
                .Select(path => path[prefix.Length..])];
        }
    }

    public ValueTask<IDiskFile> CreateAsync(string path)
    {
        lock (_gate)
        {
            Begin("create", path);
            var file = new SimulatedFile();
            Change(new NameChange(null, path, file));
            return new(new SimulatedDiskFile(this, file, path, Epoch, writable: true));
        }
    }

    public ValueTask<IDiskFile> OpenAsync(string path, bool writable)
    {
        lock (_gate)
        {
            return new(new SimulatedDiskFile(this, Find(path), path, Epoch, writable));
        }
    }

    public ValueTask RenameAsync(string from, string to)
    {
        lock (_gate)
        {
            Begin("rename", to);
            Change(new NameChange(from, to, Find(from)));
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteAsync(string path)
    {
        lock (_gate)
        {
            Begin("delete", path);
            if (_names.ContainsKey(path))
            {
                Change(new NameChange(path, null, null));
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask FlushDirectoryAsync(string path)
    {
        lock (_gate)
        {
            Begin("flush directory", path);
            if (!SkipFlush)
            {
                var prefix = path.TrimEnd('/') + "/";
                _unflushedNames.RemoveAll(change =>
                {
                    var inside = change.Path.StartsWith(prefix, StringComparison.Ordinal);
                    if (inside)
                    {
                        change.ApplyTo(_durableNames);
                    }

                    return inside;
                });
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<IAsyncDisposable?> TryLockAsync(string path)
    {
        lock (_gate)
        {
            return new(_locks.Add(path) ? new SimulatedLock(this, path, Epoch) : null);
        }
    }

    internal int Read(SimulatedDiskFile handle, Span<byte> buffer, long offset)
    {
        lock (_gate)
        {
            Check(handle);
            Reads++;
            if (Take(ref _failReads) || Happens(Faults.ReadError, "read error"))
            {
                throw new IOException($"Simulated read error in '{handle.Path}'.");
            }

            return handle.File.Read(buffer, offset);
        }
    }

    internal void Write(SimulatedDiskFile handle, IReadOnlyList<ReadOnlyMemory<byte>> buffers, long offset)
    {
        lock (_gate)
        {
            Check(handle);
            Begin("write", handle.Path);
            Writes++;
            byte[] data = [.. buffers.SelectMany(buffer => buffer.ToArray())];
            if (Take(ref _failWrites) || Happens(Faults.WriteError, "failed write"))
            {
                handle.File.Write(data.AsSpan(0, random.Next(data.Length + 1)), offset);
                throw new IOException($"Simulated write error in '{handle.Path}'.");
            }

            var room = Allocate(handle.File, offset + data.Length);
            if (room < offset + data.Length)
            {
                handle.File.Write(data.AsSpan(0, (int)Math.Clamp(room - offset, 0, data.Length)), offset);
                throw Full(handle);
            }

            handle.File.Write(data, offset);
        }
    }

    internal void SetLength(SimulatedDiskFile handle, long length, bool allocate)
    {
        lock (_gate)
        {
            Check(handle);
            Begin(allocate ? "preallocate" : "truncate", handle.Path);
            if (!allocate)
            {
                handle.File.SetLength(length);
                handle.File.Allocated = Math.Min(handle.File.Allocated, length);
            }
            else if (length > handle.File.Length)
            {
                var before = handle.File.Allocated;
                if (!ThinPreallocation && Allocate(handle.File, length) < length)
                {
                    handle.File.Allocated = before;
                    throw Full(handle);
                }

                handle.File.SetLength(length);
            }
        }
    }

    internal async ValueTask FlushAsync(SimulatedDiskFile handle)
    {
        SimulatedFile.FlushPoint point;
        var delay = FlushDelay;
        lock (_gate)
        {
            Check(handle);
            Begin("flush", handle.Path);
            Flushes++;
            if (Take(ref _failFlushes) || Happens(Faults.FlushError, "failed flush"))
            {
                handle.File.FailFlush(random);
                throw new IOException($"Simulated flush error in '{handle.Path}'.");
            }

            if (Happens(Faults.SlowFlush, "slow flush"))
            {
                delay += Faults.MaxFlushDelay * random.NextDouble();
            }

            point = handle.File.BeginFlush();
        }

        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, time);
        }

        lock (_gate)
        {
            Check(handle);
            if (!SkipFlush)
            {
                handle.File.CompleteFlush(point);
            }
        }
    }

    private void Begin(string operation, string path)
    {
        if (++Changes == _diesAt)
        {
            if (_diesByPower)
            {
                Crash();
            }
            else
            {
                KillProcess();
            }

            throw new IOException($"The simulated process died before the {operation} of '{path}'.");
        }

        if (IsShort?.Invoke(operation) == true)
        {
            throw new DiskShortageException($"Simulated shortage: {operation} of '{path}'.");
        }
    }

    private static bool Take(ref int count) => count > 0 && count-- > 0;

    private static DiskFullException Full(SimulatedDiskFile handle) => new($"No room on the disk for '{handle.Path}'.");

    private void Check(SimulatedDiskFile handle)
    {
        if (handle.Epoch != Epoch)
        {
            throw new IOException($"'{handle.Path}' was open when the disk lost power.");
        }
    }

    private bool Happens(double probability, string name)
    {
        var happens = probability > 0 && random.NextDouble() < probability;
        if (happens)
        {
            FaultCounts[name] = FaultCounts.GetValueOrDefault(name) + 1;
        }

        return happens;
    }

    private long Allocate(SimulatedFile file, long end)
    {
        if (end > file.Allocated)
        {
            var free = Capacity is { } capacity ? Math.Max(0, capacity - UsedLocked) : long.MaxValue - file.Allocated;
            file.Allocated += Math.Min(free, end - file.Allocated);
        }

        return file.Allocated;
    }

    private void Change(NameChange change)
    {
        change.ApplyTo(_names);
        _unflushedNames.Add(change);
    }

    private SimulatedFile Find(string path) =>
        _names.TryGetValue(path, out var file) ? file : throw new FileNotFoundException("No such file.", path);

    private sealed record NameChange(string? From, string? To, SimulatedFile? File)
    {
        public string Path => To ?? From!;

        public void ApplyTo(SortedDictionary<string, SimulatedFile> names)
        {
            if (From is not null)
            {
                names.Remove(From);
            }

            if (To is not null)
            {
                names[To] = File!;
            }
        }
    }

    private sealed class SimulatedLock(SimulatedDisk disk, string path, int epoch) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            lock (disk._gate)
            {
                if (disk.Epoch == epoch)
                {
                    disk._locks.Remove(path);
                }
            }

            return ValueTask.CompletedTask;
        }
    }
}
