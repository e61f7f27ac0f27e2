using EventCluster.Storage.LocalDisk.Disk;

namespace EventCluster.Storage.LocalDisk.Maintenance;

/// <summary>Copies the beginning of files into a directory and makes the contents durable.</summary>
internal sealed class FileCopier(IDisk disk, string target)
{
    private readonly byte[] _buffer = new byte[1024 * 1024];

    public async Task CopyAsync(IDiskFile from, long bytes, string name, CancellationToken cancellationToken)
    {
        var to = await disk.CreateAsync($"{target}/{name}");
        await using (to)
        {
            for (long offset = 0; offset < bytes;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var read = await from.ReadAsync(_buffer.AsMemory(0, (int)Math.Min(_buffer.Length, bytes - offset)), offset);
                if (read == 0)
                {
                    throw new IOException($"'{name}' ends at byte {offset} of {bytes}.");
                }

                await to.WriteAsync([_buffer.AsMemory(0, read)], offset);
                offset += read;
            }

            await to.FlushAsync();
        }
    }
}
