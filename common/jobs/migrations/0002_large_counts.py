from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="job",
            name="done",
            field=models.PositiveBigIntegerField(default=0, verbose_name="done"),
        ),
        migrations.AlterField(
            model_name="job",
            name="total",
            field=models.PositiveBigIntegerField(default=0, verbose_name="of"),
        ),
    ]
